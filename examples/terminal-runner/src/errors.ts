/**
 * What this server refuses or could not do, in words the caller can act on: they never contain a secret or a path
 * outside the file root. Anything else that is thrown is a fault of the server.
 */
export class TerminalError extends Error {
  override readonly name = 'TerminalError';
  /** Stable, for programs: `PROGRAM_NOT_ALLOWED`, `FILE_TOO_LARGE`, … */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The code of a failed system call (`ENOENT`, `EACCES`), or `undefined` for any other error. */
export function systemErrorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
