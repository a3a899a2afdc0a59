import { InvalidOptionError, ToolyardError, type Clock } from '@toolyard/core';

/**
 * An issuer or introspection endpoint gave no usable answer. `code` is `AUTH_SOURCE_FAILED`; `url` says which, without
 * its query.
 */
export class AuthSourceError extends ToolyardError {
  override readonly name: string = 'AuthSourceError';
  readonly url: string;
  constructor(url: URL, problem: string, options?: ErrorOptions) {
    const place = `${url.origin}${url.pathname}`;
    super('AUTH_SOURCE_FAILED', `${place} ${problem}.`, options);
    this.url = place;
  }
}

/** How a source is asked. */
export interface SourceLimits {
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

/** What a source answered. */
export interface SourceAnswer {
  readonly status: number;
  /** Parsed JSON; `undefined` where the status is not 200. */
  readonly body: unknown;
}

/** Larger than any key set or token description in use; small enough to be read for nothing. */
export const MAX_SOURCE_BYTES = 262_144;

/**
 * A URL the server may ask by itself: `https:`, or `http:` on this machine.
 *
 * @throws {InvalidOptionError} `INVALID_OPTION`
 */
export function sourceUrl(option: string, text: string): URL {
  if (isSourceUrl(text)) return new URL(text);
  throw new InvalidOptionError(
    option,
    'must be an absolute https: URL (http: on loopback alone) without user name or fragment',
  );
}

/** Whether {@link sourceUrl} takes it. */
export function isSourceUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password, hash } = new URL(text);
  if (username !== '' || password !== '' || hash !== '') return false;
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname));
}

/**
 * Asks a source for JSON. Follows no redirect: it would lead away from the host that was configured.
 *
 * @throws {AuthSourceError} when it does not answer in time, with too much, or with 200 and no JSON.
 */
export async function askSource(
  url: URL,
  init: { method?: string; headers?: Record<string, string>; body?: string },
  { clock, timeoutMs, maxBytes }: SourceLimits,
): Promise<SourceAnswer> {
  const limit = clock.timeout(timeoutMs);
  try {
    const { headers, ...rest } = init;
    const response = await fetch(url, {
      ...rest,
      headers: { accept: 'application/json', ...headers },
      redirect: 'manual',
      signal: limit.signal,
    });
    if (response.status !== 200) {
      await response.body?.cancel();
      return { status: response.status, body: undefined };
    }
    return { status: 200, body: JSON.parse(await readText(url, response, maxBytes)) as unknown };
  } catch (cause) {
    if (cause instanceof AuthSourceError) throw cause;
    if (limit.signal.aborted) throw new AuthSourceError(url, `did not answer within ${timeoutMs} ms`);
    // Neither the cause nor its message: a parser's message quotes what it read.
    if (cause instanceof SyntaxError)
      throw new AuthSourceError(url, 'answered with something else than JSON');
    throw new AuthSourceError(url, 'cannot be reached', { cause });
  } finally {
    limit[Symbol.dispose]();
  }
}

async function readText(url: URL, response: Response, maxBytes: number): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  const reader = response.body?.getReader();
  if (!reader) return text;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    bytes += value.length;
    if (bytes > maxBytes) {
      await reader.cancel();
      throw new AuthSourceError(url, `answered with more than ${maxBytes} bytes`);
    }
    text += decoder.decode(value, { stream: true });
  }
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}
