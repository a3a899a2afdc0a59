/**
 * Checks for code, MCP messages and tool definitions that report through one finding model, and runners for tests.
 *
 * So far there is `@toolyard/validation/command`, which decides about commands. The README of this package says what else
 * is planned.
 *
 * @packageDocumentation
 */
export {};
