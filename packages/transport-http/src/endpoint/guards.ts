import { InvalidOptionError } from '@toolyard/core';

import type { HttpHeaders, Incoming } from './message.ts';

/** Which Host and Origin headers are served. */
export interface GuardOptions {
  /**
   * Host names (without port) the server answers to. Default: those of `publicUrl`, else loopback names. `'any'` only
   * behind a proxy that checks them: without a check any web page can reach a server on this machine (DNS rebinding).
   */
  readonly allowedHosts?: readonly string[] | 'any';
  /** Origins (`https://app.example`) of web pages that may call. Default: that of `publicUrl`, else loopback ones. */
  readonly allowedOrigins?: readonly string[];
  /** Where clients reach the server: `https://tools.example/mcp`. */
  readonly publicUrl?: string;
}

/** Checks Host and Origin, and writes the CORS headers for the origins it lets pass. */
export interface Guards {
  /** What is wrong with the request, or `undefined`. */
  refuse(incoming: Incoming): string | undefined;
  /** CORS headers for the answer, if the request comes from a page that may read it. */
  corsFor(incoming: Incoming): HttpHeaders;
}

/** Names that every machine has for itself. */
export const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

const NO_CORS: HttpHeaders = { vary: 'Origin' };
const EXPOSED = 'Mcp-Session-Id, MCP-Protocol-Version, WWW-Authenticate, Retry-After';
const ALLOWED_HEADERS =
  'Content-Type, Accept, Authorization, X-API-Key, Last-Event-ID, Mcp-Session-Id, MCP-Protocol-Version, Mcp-Method, Mcp-Name';

export function createGuards({ allowedHosts, allowedOrigins, publicUrl }: GuardOptions): Guards {
  const published = publicUrl === undefined ? undefined : parsePublicUrl(publicUrl);
  const hosts =
    allowedHosts === 'any'
      ? undefined
      : new Set(allowedHosts?.map(checkHost) ?? (published ? [published.hostname, ...LOOPBACK] : LOOPBACK));
  const origins = new Set(allowedOrigins?.map(checkOrigin) ?? (published ? [published.origin] : []));
  const allowLoopbackOrigins = allowedOrigins === undefined && published === undefined;

  const isAllowedOrigin = (origin: string) =>
    origins.has(origin) || (allowLoopbackOrigins && isLoopbackOrigin(origin));

  // Nearly all requests name the same host.
  let lastServed: string | undefined;
  const isServed = (host: string | undefined) => {
    if (hosts === undefined || (host !== undefined && host === lastServed)) return true;
    if (!hosts.has(hostName(host))) return false;
    lastServed = host;
    return true;
  };

  return {
    refuse(incoming) {
      const host = incoming.header('host');
      if (!isServed(host)) {
        return `Host ${JSON.stringify(host ?? '')} is not served here. Set allowedHosts or publicUrl to serve it.`;
      }
      const origin = incoming.header('origin');
      if (origin !== undefined && !isAllowedOrigin(origin)) {
        return `Origin ${JSON.stringify(origin)} may not call this server. Set allowedOrigins to let it.`;
      }
      return undefined;
    },
    corsFor(incoming) {
      const origin = incoming.header('origin');
      if (origin === undefined || !isAllowedOrigin(origin)) return NO_CORS;
      return {
        'access-control-allow-origin': origin,
        'access-control-expose-headers': EXPOSED,
        vary: 'Origin',
      };
    },
  };
}

/** The headers of a preflight answer, besides those of {@link Guards.corsFor}. */
export function preflightHeaders(incoming: Incoming): HttpHeaders {
  const asked = incoming.header('access-control-request-headers') ?? '';
  const parameters = asked
    .split(',')
    .map((name) => name.trim())
    .filter((name) => /^mcp-param-[!#$%&'*+\-.^_`|~0-9a-z]+$/i.test(name));
  return {
    'access-control-allow-methods': 'GET, POST, DELETE, OPTIONS',
    'access-control-allow-headers': [ALLOWED_HEADERS, ...parameters].join(', '),
    'access-control-max-age': '600',
  };
}

function parsePublicUrl(publicUrl: string): URL {
  if (URL.canParse(publicUrl)) return new URL(publicUrl);
  throw new InvalidOptionError('publicUrl', 'must be an absolute URL');
}

function checkHost(host: string): string {
  if (hostName(host) === host.toLowerCase()) return host.toLowerCase();
  throw new InvalidOptionError(
    'allowedHosts',
    `has ${JSON.stringify(host)}; give names, without scheme or port`,
  );
}

function checkOrigin(origin: string): string {
  // Browsers send origins in one form alone: another one here would match nothing.
  if (/^[a-z][a-z\d+.-]*:\/\/[^/?#@]+$/.test(origin) || origin === 'null') return origin;
  throw new InvalidOptionError(
    'allowedOrigins',
    `has ${JSON.stringify(origin)}; give them as "https://app.example"`,
  );
}

/** The name in a Host header, without port. Anything that is not plainly a host name matches nothing. */
function hostName(host: string | undefined): string {
  return /^(\[[\da-f:.]+\]|[\w.-]+)(?::\d{1,5})?$/i.exec(host ?? '')?.[1]?.toLowerCase() ?? '';
}

function isLoopbackOrigin(origin: string): boolean {
  if (!URL.canParse(origin)) return false;
  const { protocol, hostname, origin: canonical } = new URL(origin);
  return canonical === origin && (protocol === 'http:' || protocol === 'https:') && LOOPBACK.has(hostname);
}
