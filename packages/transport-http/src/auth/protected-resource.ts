import { anonymous, InvalidOptionError } from '@toolyard/core';

import { isChallenge, type Authenticate, type Challenge } from '../endpoint/auth.ts';
import type { Route } from '../endpoint/options.ts';

/** Options of {@link protectedResource}. */
export interface ProtectedResourceOptions {
  /** The URL clients connect to, as they see it: `https://tools.example/mcp`. Access tokens are for it (RFC 8707). */
  readonly resource: string;
  /** Issuers of tokens for it. */
  readonly authorizationServers: readonly string[];
  /** Scopes that tools ask for. */
  readonly scopes?: readonly string[] | undefined;
  /** Scopes a client without a token should ask for first. Default: those of `scopes`. */
  readonly initialScopes?: readonly string[] | undefined;
  /**
   * Where clients get the document. Default: the place RFC 9728 gives, `/.well-known/oauth-protected-resource` before
   * the path of `resource`. Set it where a proxy passes on requests below a prefix alone.
   */
  readonly metadataUrl?: string | undefined;
  /** What to call it, for people. */
  readonly name?: string | undefined;
  /** A page for developers. */
  readonly documentation?: string | undefined;
}

/** The document, and what serves and announces it. */
export interface ProtectedResource {
  /** Protected-resource metadata (RFC 9728). */
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly metadataUrl: string;
  /** For `routes` of the handler. Where `path` is `'*'`, let the framework answer with `metadata` instead. */
  readonly routes: Readonly<Record<string, Route>>;
  /**
   * Names the document in refusals of `auth`, so that clients find out how to get a token, and lets everybody read it:
   * GET on its paths is anonymous. Goes around everything else.
   */
  readonly protect: (auth: Authenticate) => ProtectedAuthenticate;
}

/** An `auth` function that knows where the document is, for those who write challenges of their own. */
export interface ProtectedAuthenticate extends Authenticate {
  readonly resourceMetadata: string;
}

const WELL_KNOWN = '/.well-known/oauth-protected-resource';

/**
 * Tells clients who issues tokens for this server.
 *
 * The document is served where RFC 9728 has it for the public URL, at the root, and at the path of `metadataUrl`, so
 * that it is found behind proxies that strip a prefix and those that do not. All URLs in it are the ones given here;
 * headers of the request change nothing.
 *
 * @throws {InvalidOptionError} `INVALID_OPTION`
 * @see https://www.rfc-editor.org/rfc/rfc9728
 */
export function protectedResource(options: ProtectedResourceOptions): ProtectedResource {
  const { authorizationServers, scopes, name, documentation, initialScopes = scopes } = options;
  const resource = absoluteUrl('resource', options.resource);
  if (resource.hash !== '') throw new InvalidOptionError('resource', 'must have no fragment');
  if (authorizationServers.length === 0)
    throw new InvalidOptionError('authorizationServers', 'must name at least one');
  authorizationServers.forEach((server) => absoluteUrl('authorizationServers', server));
  if (
    [...(scopes ?? []), ...(initialScopes ?? [])].some((scope) => !/^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope))
  ) {
    throw new InvalidOptionError(
      'scopes',
      'must be OAuth scopes: visible ASCII without quotes, backslashes, blanks',
    );
  }
  const usualPath = `${WELL_KNOWN}${resource.pathname === '/' ? '' : resource.pathname}`;
  const metadataUrl =
    options.metadataUrl === undefined
      ? new URL(`${usualPath}${resource.search}`, resource.origin)
      : absoluteUrl('metadataUrl', options.metadataUrl);
  const metadata = Object.freeze({
    resource: options.resource,
    authorization_servers: Object.freeze([...authorizationServers]),
    bearer_methods_supported: Object.freeze(['header']),
    ...(scopes && { scopes_supported: Object.freeze([...scopes]) }),
    ...(name !== undefined && { resource_name: name }),
    ...(documentation !== undefined && { resource_documentation: documentation }),
  });
  const body = JSON.stringify(metadata);
  const page: Route = () => ({
    headers: { 'content-type': 'application/json', 'cache-control': 'public, max-age=3600' },
    body,
  });
  const paths = new Set([usualPath, metadataUrl.pathname, ...endsOf(resource.pathname)]);
  const announce = (refusal: Challenge) => announced(refusal, metadataUrl.href, initialScopes);
  return {
    metadata,
    metadataUrl: metadataUrl.href,
    routes: Object.fromEntries([...paths].map((path) => [path, page])),
    protect(auth) {
      const authenticateForResource: Authenticate = (request) => {
        if (request.method === 'GET' && paths.has(request.url.split('?', 1)[0]!)) return anonymous;
        const verdict = auth(request);
        if (!('then' in verdict)) return isChallenge(verdict) ? announce(verdict) : verdict;
        return verdict.then((one) => (isChallenge(one) ? announce(one) : one));
      };
      return Object.assign(authenticateForResource, { resourceMetadata: metadataUrl.href });
    },
  };
}

/** The well-known place before each end of a path: a proxy may have stripped what stood before. */
function endsOf(path: string): string[] {
  const parts = path.split('/').filter(Boolean);
  return parts.map((_part, index) => `${WELL_KNOWN}/${parts.slice(index).join('/')}`).concat(WELL_KNOWN);
}

function announced(
  refusal: Challenge,
  metadataUrl: string,
  scopes: readonly string[] | undefined,
): Challenge {
  const header = refusal.headers['www-authenticate'];
  if (header === undefined || !/^bearer\b/i.test(header)) return refusal;
  const parameters = header.slice('bearer'.length).trim();
  const added = [
    ...(parameters === '' ? [] : [parameters]),
    ...(scopes?.length && !/\bscope="/.test(parameters) ? [`scope="${scopes.join(' ')}"`] : []),
    ...(/\bresource_metadata="/.test(parameters) ? [] : [`resource_metadata="${metadataUrl}"`]),
  ];
  return { ...refusal, headers: { ...refusal.headers, 'www-authenticate': `Bearer ${added.join(', ')}` } };
}

function absoluteUrl(option: string, text: string): URL {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return new URL(text);
  throw new InvalidOptionError(option, 'must be an absolute http: or https: URL');
}
