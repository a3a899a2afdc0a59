import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { Provider } from 'oidc-provider';
import { onTestFinished, vi } from 'vitest';

/** What the token endpoint answers. */
export interface TokenAnswer {
  readonly access_token: string;
  readonly refresh_token?: string;
  readonly id_token?: string;
  readonly error?: string;
}

export const SERVICE = { client_id: 'nightly', client_secret: 'a secret of the nightly job' };
export const INSPECTOR = { client_id: 'tools-server', client_secret: 'pass: word+%/~' };
/** The official client sends secrets as they are, which RFC 6749 allows for plain ones alone. */
export const MACHINE = { client_id: 'machine', client_secret: 'plain-secret' };
const APP = { client_id: 'desk', client_secret: 'a secret of the desk app' };
const CALLBACK = 'https://desk.example/callback';
const SCOPES = 'tools:read tools:write';

/** A real OAuth and OpenID server on a free port, until the test ends. Resources ending in `/opaque` get opaque tokens. */
export async function startAuthorizationServer() {
  let provider: Provider;
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    const isInteraction = request.url?.startsWith('/interaction/');
    void (isInteraction ? interact(provider, request, response) : provider.callback()(request, response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const rotateKeys = async (kid: string) => {
    const keys = [await privateKey(kid)];
    // It says each time that its storage is for development alone.
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    provider = new Provider(issuer, configuration(keys));
    warn.mockRestore();
  };
  await rotateKeys('first');

  const post = async (path: string, client: typeof SERVICE, form: Record<string, string>) =>
    fetch(`${issuer}${path}`, { method: 'POST', body: new URLSearchParams({ ...form, ...client }) });
  const token = async (client: typeof SERVICE, form: Record<string, string>): Promise<TokenAnswer> =>
    (await (await post('/token', client, form)).json()) as TokenAnswer;

  return {
    issuer,
    requests,
    /** New keys only, as an issuer does some time after it has announced them. */
    rotateKeys,
    serviceToken: (resource: string, scope = SCOPES) =>
      token(SERVICE, { grant_type: 'client_credentials', resource, scope }),
    signIn: async (accountId: string, resource: string): Promise<TokenAnswer> => {
      const verifier = randomBytes(32).toString('base64url');
      const code = await authorizationCode(issuer, accountId, resource, verifier);
      return token(APP, {
        grant_type: 'authorization_code',
        code,
        redirect_uri: CALLBACK,
        code_verifier: verifier,
        resource,
      });
    },
    refresh: (refreshToken: string, resource: string) =>
      token(APP, { grant_type: 'refresh_token', refresh_token: refreshToken, resource }),
    revoke: async (accessToken: string) => {
      const { status } = await post('/token/revocation', APP, { token: accessToken });
      if (status !== 200) throw new Error(`revocation: ${status}`);
    },
  };
}

async function privateKey(kid: string): Promise<JWK> {
  const { privateKey: key } = await generateKeyPair('ES256', { extractable: true });
  return { ...(await exportJWK(key)), kid, alg: 'ES256', use: 'sig' };
}

function configuration(keys: JWK[]) {
  const tokens = { id_token_signed_response_alg: 'ES256', token_endpoint_auth_method: 'client_secret_post' };
  const noCodes = { grant_types: ['client_credentials'], redirect_uris: [], response_types: [] };
  return {
    jwks: { keys },
    clients: [
      { ...SERVICE, ...tokens, ...noCodes },
      { ...MACHINE, ...tokens, ...noCodes, token_endpoint_auth_method: 'client_secret_basic' },
      { ...INSPECTOR, ...tokens, ...noCodes, token_endpoint_auth_method: 'client_secret_basic' },
      {
        ...APP,
        ...tokens,
        grant_types: ['authorization_code', 'refresh_token'],
        redirect_uris: [CALLBACK],
        response_types: ['code'],
      },
    ],
    cookies: { keys: [randomBytes(16).toString('hex')] },
    findAccount: async (_ctx: unknown, id: string) => ({ accountId: id, claims: async () => ({ sub: id }) }),
    rotateRefreshToken: true,
    issueRefreshToken: async () => true,
    renderError: async (ctx: { body: unknown }, out: unknown) => void (ctx.body = JSON.stringify(out)),
    ttl: {
      AccessToken: 600,
      AuthorizationCode: 60,
      ClientCredentials: 600,
      Grant: 3600,
      IdToken: 600,
      Interaction: 60,
      RefreshToken: 3600,
      Session: 3600,
    },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true, allowedPolicy: async () => true },
      revocation: { enabled: true, allowedPolicy: async () => true },
      resourceIndicators: {
        enabled: true,
        useGrantedResource: async () => true,
        getResourceServerInfo: async (_ctx: unknown, resource: string) => ({
          scope: SCOPES,
          audience: resource,
          accessTokenTTL: 600,
          accessTokenFormat: resource.endsWith('/opaque') ? 'opaque' : 'jwt',
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
  };
}

/** Signs in whoever the request says, and agrees to everything. */
async function interact(
  provider: Provider,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { prompt, params, session } = await provider.interactionDetails(request, response);
  if (prompt.name === 'login') {
    const accountId = params['login_hint']!;
    return provider.interactionFinished(request, response, { login: { accountId } });
  }
  const grant = new provider.Grant({ accountId: session!.accountId, clientId: params['client_id']! });
  grant.addOIDCScope('openid offline_access');
  grant.addResourceScope(params['resource']!, SCOPES);
  const consent = { grantId: await grant.save() };
  return provider.interactionFinished(request, response, { consent }, { mergeWithLastSubmission: true });
}

/** What a browser does between the app and its callback. */
async function authorizationCode(
  issuer: string,
  accountId: string,
  resource: string,
  verifier: string,
): Promise<string> {
  const start = new URL('/auth', issuer);
  start.search = new URLSearchParams({
    client_id: APP.client_id,
    response_type: 'code',
    redirect_uri: CALLBACK,
    scope: `openid offline_access ${SCOPES}`,
    prompt: 'consent',
    login_hint: accountId,
    resource,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  }).toString();
  const cookies = new Map<string, string>();
  let next = start;
  for (let step = 0; step < 10; step += 1) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(next, { redirect: 'manual', headers: { cookie } });
    const place = response.headers.get('location');
    if (place === null) throw new Error(`${next.href}: ${response.status} ${await response.text()}`);
    await response.arrayBuffer();
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!;
      cookies.set(name!, value!);
    }
    next = new URL(place, next);
    if (next.href.startsWith(CALLBACK)) {
      const code = next.searchParams.get('code');
      if (code === null) throw new Error(`The sign-in failed: ${next.search}`);
      return code;
    }
  }
  throw new Error('The sign-in never came back.');
}
