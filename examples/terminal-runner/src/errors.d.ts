import { ToolError } from '@toolyard/core';
/**
 * What this server refuses or could not do, in words the caller can act on: they never contain a secret or a path
 * outside the file root. As a `ToolError` it reaches the client word for word; anything else that is thrown is a fault
 * of the server and is masked.
 */
export declare class TerminalError extends ToolError {
  readonly name = 'TerminalError';
}
/** The code of a failed system call (`ENOENT`, `EACCES`), or `undefined` for any other error. */
export declare function systemErrorCode(error: unknown): string | undefined;
//# sourceMappingURL=errors.d.ts.map
