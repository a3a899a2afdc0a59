import { systemErrorCode } from './errors.ts';
import type { TerminalConfig } from './terminal-config.ts';

/** Why the server did not start, in a sentence that names the setting to change; of a fault of our own, its stack. */
export function describeStartFailure(
  error: unknown,
  { host, port }: Pick<TerminalConfig, 'host' | 'port'>,
): string {
  if (!(error instanceof Error)) return String(error);
  switch (systemErrorCode(error)) {
    case 'EADDRINUSE':
      return `port ${port} of ${host} is in use; choose another with --port, or 0 for a free one.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `${host} is no address of this machine; choose another with --host.`;
    case 'STORE_OPEN_FAILED':
      return `${error.message} Choose another directory with --data.`;
    case 'SANDBOX_UNAVAILABLE':
      return `${error.message} Or choose another with --sandbox.`;
    case 'INVALID_POLICY':
    case 'INVALID_TOOLS':
    case 'PEER_MISSING':
    case 'TERMINAL_TRIAL_FAILED':
      return error.message;
    case 'EACCES':
    case 'EPERM':
      if ('port' in error) return `port ${port} needs more rights; choose one above 1023 with --port.`;
  }
  if ('path' in error && typeof error.path === 'string')
    return `${error.path} cannot be used (${error.message}); choose other directories with --data and --root.`;
  return error.stack ?? error.message;
}
