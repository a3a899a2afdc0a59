/**
 * Workflows and long-running MCP tasks that survive a restart.
 *
 * There is no API yet; the README of this package says what is planned and what to use until then.
 *
 * @packageDocumentation
 */
export {};
