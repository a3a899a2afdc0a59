import { stateOf } from '../app/call-state.ts';
import type { Middleware } from '../call.ts';
import { isProtocolError, isToolError, ProtocolError, ToolError } from '../errors.ts';
import { isRecord } from '../protocol/json-rpc.ts';
import type { JsonObject } from '../protocol/messages.ts';
import { redactor, type RedactOptions, type Redactor } from '../redaction/redactor.ts';

/** Methods whose results are definitions, which do not change from call to call. */
const STATIC_METHODS: ReadonlySet<string> = new Set([
  'initialize',
  'server/discover',
  'tools/list',
  'prompts/list',
]);

/**
 * Masks secrets in what handlers send to clients: results of tools, prompts, resources and completions, the messages
 * and data of errors, log messages, progress, and questions to the client.
 *
 * A secret is one of your exact `secrets`, text that looks like one (private keys, tokens of the well-known services,
 * authorization headers, passwords in URLs and environment files), or anything under a property named like one.
 * Structured results keep their form: strings are masked inside, numbers under a secret name become 0.
 *
 * It is a net, not a wall: it does not look into images, sounds and other base64, and a handler that wants to leak can
 * write a secret backwards. An output schema that demands the form of a secret no longer fits what is left of it.
 * Put it outside of `cache`, so that what comes from there is masked too.
 *
 * @throws {InvalidOptionError} `INVALID_OPTION` for a secret below 6 characters, and for a pattern that could take
 * more than linear time.
 *
 * @example
 * ```ts
 * import { createApp } from '@toolyard/core';
 * import { redact } from '@toolyard/core/middleware';
 *
 * const databasePassword = 'correct horse battery staple';
 * const app = createApp({ name: 'demo', version: '1.0.0' }).use(
 *   redact({ secrets: [databasePassword], patterns: [/\bEMP-\d{6}\b/], keys: ['iban'] }),
 * );
 * ```
 */
export function redact(options: RedactOptions = {}): Middleware {
  const secrets = redactor(options);

  return async function maskSecrets(call, next) {
    const state = stateOf(call);
    if (state) {
      const { mask: outer } = state;
      state.mask = (value, kind) => {
        const masked = secrets.value(value, { keys: kind === 'data' });
        return outer ? outer(masked, kind) : masked;
      };
    }
    try {
      const result = await next();
      if (STATIC_METHODS.has(call.method) || !isRecord(result)) return result;
      return maskResult(result, secrets) as typeof result;
    } catch (error) {
      throw maskError(error, secrets);
    }
  };
}

/** Property names count in data; everywhere else a name such as `token` is part of the protocol. */
function maskResult(result: JsonObject, secrets: Redactor): JsonObject {
  // Its questions were masked when they were asked, and its state is signed.
  if (result['resultType'] === 'input_required') return result;
  const { structuredContent, _meta: meta, content, messages, contents, nextCursor, ...rest } = result;
  return {
    ...secrets.value(rest),
    ...(content !== undefined && { content: maskAll(content, (block) => maskBlock(block, secrets)) }),
    ...(messages !== undefined && {
      messages: maskAll(messages, (message) => maskMessage(message, secrets)),
    }),
    ...(contents !== undefined && { contents: maskAll(contents, (item) => maskContents(item, secrets)) }),
    ...(structuredContent !== undefined && {
      structuredContent: secrets.value(structuredContent, { keys: true }),
    }),
    ...(meta !== undefined && { _meta: secrets.value(meta, { keys: true }) }),
    ...(nextCursor !== undefined && { nextCursor }),
  };
}

function maskAll(items: unknown, mask: (item: JsonObject) => JsonObject): unknown {
  return Array.isArray(items) ? items.map((item: unknown) => (isRecord(item) ? mask(item) : item)) : items;
}

function maskMessage(message: JsonObject, secrets: Redactor): JsonObject {
  const { content } = message;
  return isRecord(content) ? { ...message, content: maskBlock(content, secrets) } : message;
}

function maskBlock(block: JsonObject, secrets: Redactor): JsonObject {
  const { data, resource, ...rest } = block;
  return {
    ...maskContents(rest, secrets),
    ...(data !== undefined && { data }),
    ...(resource !== undefined && {
      resource: isRecord(resource) ? maskContents(resource, secrets) : resource,
    }),
  };
}

function maskContents(item: JsonObject, secrets: Redactor): JsonObject {
  const { text, blob, ...rest } = item;
  return {
    ...secrets.value(rest),
    ...(text !== undefined && { text: typeof text === 'string' ? secrets.document(text) : text }),
    ...(blob !== undefined && { blob }),
  };
}

/** Messages of these two reach the client word for word; all others are masked by core anyway. */
function maskError(error: unknown, secrets: Redactor): unknown {
  if (!isToolError(error) && !isProtocolError(error)) return error;
  const { code, cause } = error;
  const message = secrets.text(error.message);
  const data = secrets.value(error.data, { keys: true });
  if (message === error.message && data === error.data) return error;
  if (isToolError(error)) return new ToolError(code, message, { cause, data });
  return new ProtocolError(error.rpcCode, message, { cause, code, data });
}
