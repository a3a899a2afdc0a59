import { ErrorCode } from './protocol/error-codes.ts';

/**
 * The base of every error Toolyard throws. Recognise one by `code`, which holds across copies of the package;
 * `instanceof` does not.
 */
export class ToolyardError extends Error {
  override readonly name: string = 'ToolyardError';
  /** Stable, for programs: `TOOL_NOT_FOUND`, `INVALID_OPTION`, … */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

const KIND = Symbol.for('toolyard.error');

/**
 * A failure the model can act on. Thrown by a handler it reaches the client as a tool result with `isError`, word
 * for word; every other error is masked.
 *
 * @example
 * ```ts
 * import { ToolError } from '@toolyard/core';
 *
 * throw new ToolError('DISK_FULL', 'The disk is full; free some space and try again.', { data: { freeBytes: 0 } });
 * ```
 */
export class ToolError extends ToolyardError {
  override readonly name: string = 'ToolError';
  readonly [KIND] = 'tool';
  /** Facts for programs; sent to the client as `_meta['toolyard/error'].data`. */
  readonly data: unknown;

  constructor(code: string, message: string, options: ErrorOptions & { data?: unknown } = {}) {
    super(code, message, options);
    this.data = options.data;
  }
}

/** A failure that is answered as a JSON-RPC error, word for word. */
export class ProtocolError extends ToolyardError {
  override readonly name: string = 'ProtocolError';
  readonly [KIND] = 'protocol';
  /** The JSON-RPC code. Codes of your own stay outside -32768..-32000. */
  readonly rpcCode: number;
  readonly data: unknown;

  constructor(
    rpcCode: number,
    message: string,
    options: ErrorOptions & { code?: string; data?: unknown } = {},
  ) {
    super(options.code ?? 'PROTOCOL_ERROR', message, options);
    this.rpcCode = rpcCode;
    this.data = options.data;
  }
}

/** Whether an error is a {@link ToolError}, of this copy of the package or another. */
export function isToolError(error: unknown): error is ToolError {
  return hasKind(error, 'tool');
}

/** Whether an error is a {@link ProtocolError}, of this copy of the package or another. */
export function isProtocolError(error: unknown): error is ProtocolError {
  return hasKind(error, 'protocol');
}

/** Whether an error is a {@link CancelledError}, of this copy of the package or another; a {@link ShutdownError} is one. */
export function isCancelledError(error: unknown): error is CancelledError {
  return hasKind(error, 'cancelled') || isShutdownError(error);
}

/** Whether an error is a {@link ShutdownError}, of this copy of the package or another. */
export function isShutdownError(error: unknown): error is ShutdownError {
  return hasKind(error, 'shutdown');
}

function hasKind(error: unknown, kind: string): boolean {
  return error instanceof Error && KIND in error && error[KIND] === kind;
}

/** The params of a request do not have the form its method asks for. */
export class InvalidParamsError extends ProtocolError {
  override readonly name: string = 'InvalidParamsError';
  constructor(message: string, data?: unknown) {
    super(ErrorCode.invalidParams, message, { code: 'INVALID_PARAMS', data });
  }
}

/** No handler serves this method in the revision the client speaks. */
export class MethodNotFoundError extends ProtocolError {
  override readonly name: string = 'MethodNotFoundError';
  constructor(method: string) {
    super(ErrorCode.methodNotFound, `Method not found: ${method}`, { code: 'METHOD_NOT_FOUND' });
  }
}

/** A call, prompt or resource was named that does not exist, is disabled, or is hidden from the principal. */
export class NotFoundError extends ProtocolError {
  override readonly name: string = 'NotFoundError';
  /** What was looked for: `tool`, `prompt` or `resource`. */
  readonly kind: 'tool' | 'prompt' | 'resource';
  readonly target: string;
  /** It is there, but not for this principal. For your records; the client cannot tell. */
  readonly hidden: boolean;

  constructor(kind: 'tool' | 'prompt' | 'resource', target: string, options: { hidden?: boolean } = {}) {
    const message = kind === 'resource' ? `Resource not found: ${target}` : `Unknown ${kind}: ${target}`;
    super(ErrorCode.invalidParams, message, {
      code: `${kind.toUpperCase()}_NOT_FOUND`,
      data: kind === 'resource' ? { uri: target } : undefined,
    });
    this.kind = kind;
    this.target = target;
    this.hidden = options.hidden ?? false;
  }
}

/** The principal may see the target but lacks scopes for it. `scopes` are the ones that help. */
export class AccessDeniedError extends ProtocolError {
  override readonly name: string = 'AccessDeniedError';
  readonly scopes: readonly string[];

  constructor(target: string, scopes: readonly string[], reason?: string) {
    super(ErrorCode.accessDenied, reason ?? `Access to ${target} needs the scopes: ${scopes.join(', ')}.`, {
      code: 'ACCESS_DENIED',
      data: { code: 'ACCESS_DENIED', scopes },
    });
    this.scopes = scopes;
  }
}

/** The request needs a capability that the client did not declare. */
export class MissingCapabilityError extends ProtocolError {
  override readonly name: string = 'MissingCapabilityError';
  constructor(requiredCapabilities: Record<string, unknown>) {
    super(
      ErrorCode.missingClientCapability,
      `The client did not declare: ${Object.keys(requiredCapabilities).join(', ')}.`,
      { code: 'MISSING_CAPABILITY', data: { requiredCapabilities } },
    );
  }
}

/** A limit was reached. `retryAfterMs`, where known, tells the client when to come back. */
export class LimitExceededError extends ProtocolError {
  override readonly name: string = 'LimitExceededError';
  constructor(message: string, retryAfterMs?: number) {
    super(ErrorCode.limitExceeded, message, {
      code: 'LIMIT_EXCEEDED',
      data:
        retryAfterMs === undefined ? { code: 'LIMIT_EXCEEDED' } : { code: 'LIMIT_EXCEEDED', retryAfterMs },
    });
  }
}

/** A call took longer than its `timeoutMs`. Reaches the model as a tool result. */
export class TimeoutError extends ToolError {
  override readonly name: string = 'TimeoutError';
  readonly timeoutMs: number;
  constructor(what: string, timeoutMs: number) {
    super('TIMEOUT', `${what} did not finish within ${timeoutMs} ms.`, { data: { timeoutMs } });
    this.timeoutMs = timeoutMs;
  }
}

/** The call was given up: by the client, by its disconnection, or by a shutdown. */
export class CancelledError extends ToolyardError {
  override readonly name: string = 'CancelledError';
  readonly [KIND]: string = 'cancelled';
  constructor(reason = 'The request was cancelled.', options?: ErrorOptions) {
    super('CANCELLED', reason, options);
  }
}

/** The server is going away; the same request may succeed elsewhere or later. */
export class ShutdownError extends CancelledError {
  override readonly name: string = 'ShutdownError';
  override readonly [KIND]: string = 'shutdown';
  constructor() {
    super('The server is shutting down.');
  }
}

/** A definition cannot be served: a bad name, a schema without JSON Schema, a name already taken. */
export class DefinitionError extends ToolyardError {
  override readonly name: string = 'DefinitionError';
}

/** An option has a value that cannot work. */
export class InvalidOptionError extends ToolyardError {
  override readonly name: string = 'InvalidOptionError';
  readonly option: string;
  constructor(option: string, problem: string) {
    super('INVALID_OPTION', `${option} ${problem}.`);
    this.option = option;
  }
}
