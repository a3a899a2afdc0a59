import { InvalidOptionError, systemClock, type Clock } from '@toolyard/core';

/** Options of {@link doctor}. */
export interface DoctorOptions {
  /** Sent with the requests that stand for a client, and nowhere else: `{ authorization: 'Bearer …' }`. Never reported. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Send `headers` also over plain http to another machine, where everybody on the way can read them. */
  readonly allowInsecureCredentials?: boolean;
  /** A web page that shall be able to call: `https://app.example`. Without it only whether preflight is answered. */
  readonly origin?: string;
  /** How long to watch a quiet stream. Default 0: not at all. 35 000 shows most time limits of proxies. */
  readonly idleMs?: number;
  /**
   * How often the server sends something on a quiet stream, if you know: when nothing comes in 1.5 times as long, `idle`
   * fails. Unknown, it only warns, and 15 000 is assumed.
   */
  readonly keepAliveMs?: number;
  /** How long one request may take. Default 10 000. */
  readonly timeoutMs?: number;
  /** How long a stream may take to its first byte. Default 3000. */
  readonly firstByteMs?: number;
  /** After this the remaining checks are skipped. Default 60 000 and twice `idleMs`. */
  readonly deadlineMs?: number;
  /** Certificates to trust besides those of Node, as PEM. */
  readonly ca?: string;
  /** The plain-http address beside an https one, for its redirects. Default: port 80, where `url` is on port 443. */
  readonly plainUrl?: string;
  /** Gives up; the promise rejects with its reason. */
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
}

/** {@link DoctorOptions} with defaults. */
export interface DoctorSettings {
  readonly url: URL;
  readonly plainUrl: URL | undefined;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** Whether `headers` are sent. */
  readonly sendsCredentials: boolean;
  readonly origin: string | undefined;
  readonly idleMs: number;
  readonly keepAliveMs: number | undefined;
  readonly timeoutMs: number;
  readonly firstByteMs: number;
  readonly deadlineMs: number;
  readonly ca: string | undefined;
  readonly signal: AbortSignal | undefined;
  readonly clock: Clock;
}

/** @throws {InvalidOptionError} `INVALID_OPTION` */
export function settingsOf(address: string | URL, options: DoctorOptions): DoctorSettings {
  const url = parseUrl('url', String(address));
  const { idleMs = 0, timeoutMs = 10_000, firstByteMs = 3000, keepAliveMs, origin } = options;
  const { deadlineMs = 60_000 + 2 * idleMs } = options;
  for (const [name, value] of Object.entries({ timeoutMs, firstByteMs, deadlineMs, keepAliveMs })) {
    if (value !== undefined && !(value > 0)) throw new InvalidOptionError(name, 'must be above 0');
  }
  if (!(idleMs >= 0)) throw new InvalidOptionError('idleMs', 'must not be below 0');
  if (origin !== undefined && (!URL.canParse(origin) || new URL(origin).origin !== origin)) {
    throw new InvalidOptionError('origin', 'must be like "https://app.example"');
  }
  const headers = lowerCased(options.headers ?? {});
  if (url.username !== '' || url.password !== '') {
    throw new InvalidOptionError('url', 'must have no user name or password; give an Authorization header');
  }
  const isSafe = url.protocol === 'https:' || isLoopback(url.hostname);
  return {
    url,
    plainUrl: plainUrlOf(url, options.plainUrl),
    headers,
    sendsCredentials: isSafe || (options.allowInsecureCredentials ?? false),
    origin,
    idleMs,
    keepAliveMs,
    timeoutMs,
    firstByteMs,
    deadlineMs,
    ca: options.ca,
    signal: options.signal,
    clock: options.clock ?? systemClock,
  };
}

/** Whether a host name of a URL is this machine. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

function plainUrlOf(url: URL, given: string | undefined): URL | undefined {
  if (given !== undefined) return parseUrl('plainUrl', given);
  if (url.protocol !== 'https:' || url.port !== '') return undefined;
  const plain = new URL(url);
  plain.protocol = 'http:';
  return plain;
}

function parseUrl(option: string, text: string): URL {
  if (URL.canParse(text)) {
    const url = new URL(text);
    if (url.protocol === 'http:' || url.protocol === 'https:') return url;
  }
  throw new InvalidOptionError(option, 'must be an http or https URL: "https://tools.example/mcp"');
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value.trim()] as const);
  for (const [name, value] of entries) {
    // The value may be a secret, so that it is not in the message.
    if (!/^[!#$%&'*+\-.^_`|~0-9a-z]+$/.test(name) || /[^\t\x20-\x7e\x80-\xff]/.test(value)) {
      throw new InvalidOptionError('headers', `has ${JSON.stringify(name)}, which cannot be sent`);
    }
  }
  return Object.fromEntries(entries);
}
