/**
 * Code generation over any model provider, sandboxed execution, and code mode over a server's own tools.
 *
 * There is no API yet; the README of this package says what is planned and what to use until then.
 *
 * @packageDocumentation
 */
export {};
