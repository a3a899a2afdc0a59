/**
 * Which tool burns the CPU: per-tool profiles for MCP servers.
 *
 * There is no API yet; the README of this package says what is planned and what to use until then.
 *
 * @packageDocumentation
 */
export {};
