import { isRecord } from '@toolyard/core/protocol';

import { askSource, AuthSourceError, isSourceUrl, type SourceLimits } from './source.ts';

/**
 * Where an issuer keeps its keys, by its own metadata. Refuses a place on an origin that is not in `origins`.
 *
 * @throws {AuthSourceError}
 * @see https://www.rfc-editor.org/rfc/rfc8414#section-3
 * @see https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig
 */
export async function discoverKeysUrl(
  issuer: string,
  origins: ReadonlySet<string>,
  limits: SourceLimits,
): Promise<URL> {
  const places = metadataUrls(new URL(issuer));
  for (const place of places) {
    const { status, body } = await askSource(place, {}, limits);
    if (status === 404) continue;
    if (status !== 200) throw new AuthSourceError(place, `answered with status ${status}`);
    // A document that names another issuer may be that of another tenant on the same host.
    if (!isRecord(body) || body['issuer'] !== issuer) {
      throw new AuthSourceError(place, `is not the metadata of issuer ${issuer}`);
    }
    const uri = body['jwks_uri'];
    if (typeof uri !== 'string' || !isSourceUrl(uri)) {
      throw new AuthSourceError(place, 'names no jwks_uri that may be used');
    }
    const { origin } = new URL(uri);
    if (!origins.has(origin)) {
      throw new AuthSourceError(place, `names keys at ${origin}; add it to keyOrigins if that is right`);
    }
    return new URL(uri);
  }
  throw new AuthSourceError(places[0]!, 'and the other places for issuer metadata have none');
}

/** In the order of the MCP specification: the OAuth document, then OpenID's at its two places. */
function metadataUrls(issuer: URL): URL[] {
  const path = issuer.pathname.replace(/\/$/, '');
  const names = [
    `/.well-known/oauth-authorization-server${path}`,
    `/.well-known/openid-configuration${path}`,
  ];
  if (path !== '') names.push(`${path}/.well-known/openid-configuration`);
  return names.map((name) => new URL(name, issuer.origin));
}
