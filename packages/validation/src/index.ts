/**
 * Checks for code, MCP messages and tool definitions that report through one finding model, and runners for tests.
 *
 * There is no API yet; the README of this package says what is planned and what to use until then.
 *
 * @packageDocumentation
 */
export {};
