import { ClientError, clientErrorIn } from '../errors.ts';
import { statusError } from '../http/http-link.ts';

/** Why connecting failed, whatever layer says so. */
export function connectFailure(error: unknown, patienceMs: number): ClientError {
  const own = clientErrorIn(error);
  if (own?.code === 'CONNECTION_LOST') {
    return new ClientError('SERVER_UNREACHABLE', own.message, { cause: own.cause });
  }
  if (own) return own;
  const status = statusIn(error);
  const message = error instanceof Error ? error.message : String(error);
  if (status !== undefined) return statusError(status, message, patienceMs || undefined);
  const { code } = error as { code?: unknown };
  if (code === 'REQUEST_TIMEOUT') {
    return new ClientError('SERVER_UNREACHABLE', 'The server did not answer in time.', { cause: error });
  }
  if (code === 'CONNECTION_CLOSED') {
    return new ClientError('SERVER_UNREACHABLE', 'The server closed the connection.', { cause: error });
  }
  return new ClientError('CONNECT_FAILED', `Connecting failed: ${message}`, { cause: error });
}

/** Whether trying again by itself helps nobody: somebody has to act first. */
export function isFinal({ code, status }: ClientError): boolean {
  if (code === 'UNAUTHORIZED' || code === 'FORBIDDEN') return true;
  return code === 'HTTP_ERROR' && status !== undefined && status < 500 && status !== 408 && status !== 404;
}

/** The HTTP status inside an error of the SDK, which its layers hold in different places. */
export function statusIn(error: unknown): number | undefined {
  for (let current = error, depth = 0; current instanceof Error && depth < 8; depth += 1) {
    const { status, data } = current as { status?: unknown; data?: { status?: unknown; cause?: unknown } };
    if (typeof status === 'number') return status;
    if (typeof data?.status === 'number') return data.status;
    current = current.cause ?? data?.cause;
  }
  return undefined;
}
