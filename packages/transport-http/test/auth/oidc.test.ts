import {
  Client,
  ClientCredentialsProvider,
  StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client';
import { isRecord } from '@toolyard/core/protocol';
import { describe, expect, onTestFinished, test } from 'vitest';

import { anyOf, introspection, jwtAuth, protectedResource } from '../../src/auth.ts';
import { callModern, initialize, json } from '../helpers.ts';
import { INSPECTOR, MACHINE, SERVICE, startAuthorizationServer } from './authorization-server.ts';
import { serveAt, toolsApp } from './helpers.ts';

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const principalIn = async (response: Response) => JSON.parse((await json(response)).result.content[0].text);

/** An MCP server that takes JWT of a real authorization server, found by its metadata. */
async function serveForJwt(cooldownMs = 0.001) {
  const as = await startAuthorizationServer();
  const server = await serveAt(toolsApp(), (url) => {
    const resource = protectedResource({
      resource: url,
      authorizationServers: [as.issuer],
      scopes: ['tools:read', 'tools:write'],
    });
    const jwt = jwtAuth({ issuers: [{ issuer: as.issuer, audience: url }], keyFetch: { cooldownMs } });
    return { auth: resource.protect(jwt), routes: resource.routes };
  });
  return { as, ...server };
}

describe('JWT of an OpenID server', () => {
  test('from the client credentials grant let a service in, with the scopes it asked for', async () => {
    const { as, url } = await serveForJwt();
    const { access_token: token } = await as.serviceToken(url, 'tools:read');
    const principal = await principalIn(await callModern(url, 'who', {}, bearer(token)));
    expect(principal).toMatchObject({
      id: SERVICE.client_id,
      clientId: SERVICE.client_id,
      issuer: as.issuer,
      scopes: ['tools:read'],
    });
    const refused = await callModern(url, 'write', {}, bearer(token));
    expect(refused.status).toBe(403);
    expect(refused.headers.get('www-authenticate')).toContain(
      'error="insufficient_scope", scope="tools:write"',
    );
    const { access_token: wider } = await as.serviceToken(url, 'tools:read tools:write');
    expect((await callModern(url, 'write', {}, bearer(wider))).status).toBe(200);
  });

  test('are got by the official client, which only knows the URL of this server and its own secret', async () => {
    const { as, url } = await serveForJwt();
    for (const mode of ['legacy', 'auto'] as const) {
      const authProvider = new ClientCredentialsProvider({
        clientId: MACHINE.client_id,
        clientSecret: MACHINE.client_secret,
        expectedIssuer: as.issuer,
      });
      const client = new Client({ name: 'test', version: '1.0.0' }, { versionNegotiation: { mode } });
      onTestFinished(() => client.close());
      await client.connect(new StreamableHTTPClientTransport(new URL(url), { authProvider }));
      const { content } = await client.callTool({ name: 'who', arguments: {} });
      const [first] = content;
      const principal: unknown = first?.type === 'text' ? JSON.parse(first.text) : undefined;
      expect(principal).toMatchObject({ id: MACHINE.client_id, scopes: ['tools:read', 'tools:write'] });
      expect(principal).toMatchObject({ claims: { aud: url } });
      expect(await client.callTool({ name: 'write', arguments: {} })).toMatchObject({
        content: [{ type: 'text', text: 'written' }],
      });
    }
  });

  test('from a sign-in own their session, which outlives a refresh of the token', async () => {
    const { as, url } = await serveForJwt();
    const ada = await as.signIn('ada', url);
    const session = await initialize(url, { headers: bearer(ada.access_token) });
    expect(await principalIn(await session.call('who'))).toMatchObject({ id: 'ada', clientId: 'desk' });

    const refreshed = await as.refresh(ada.refresh_token!, url);
    expect(refreshed.refresh_token).not.toBe(ada.refresh_token);
    Object.assign(session.headers, bearer(refreshed.access_token));
    expect(await principalIn(await session.call('who'))).toMatchObject({ id: 'ada' });

    const grace = await as.signIn('grace', url);
    Object.assign(session.headers, bearer(grace.access_token));
    for (const response of [await session.call('who'), await session.get(), await session.end()]) {
      expect(response.status).toBe(404);
    }
  });

  test('for another resource are refused, and so are ID and refresh tokens', async () => {
    const { as, url } = await serveForJwt();
    const other = await as.serviceToken('https://other.example/mcp');
    const ada = await as.signIn('ada', url);
    for (const token of [other.access_token, ada.id_token!, ada.refresh_token!]) {
      const response = await callModern(url, 'who', {}, bearer(token));
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toMatch(
        /^Bearer error="invalid_token", .*resource_metadata="http:\/\/127\.0\.0\.1:\d+\/\.well-known\/oauth-protected-resource\/mcp"$/,
      );
    }
  });

  test('signed with a key that came after the last fetch are taken at once, and no old ones once it is gone', async () => {
    const { as, url } = await serveForJwt();
    const old = await as.serviceToken(url);
    expect((await callModern(url, 'who', {}, bearer(old.access_token))).status).toBe(200);
    const unseen = await as.serviceToken(url);
    await as.rotateKeys('second');
    const fresh = await as.serviceToken(url);
    expect((await callModern(url, 'who', {}, bearer(fresh.access_token))).status).toBe(200);
    expect((await callModern(url, 'who', {}, bearer(unseen.access_token))).status).toBe(401);
    expect(as.requests.filter((line) => line.startsWith('GET'))).toEqual([
      'GET /.well-known/oauth-authorization-server',
      'GET /jwks',
      'GET /jwks',
      'GET /jwks',
    ]);
  });
});

/** An MCP server that takes JWT, and asks about all other tokens. */
async function serveForOpaque() {
  const as = await startAuthorizationServer();
  let resource = '';
  const server = await serveAt(toolsApp(), (url) => {
    resource = `${url}/opaque`;
    const asked = introspection({
      endpoint: `${as.issuer}/token/introspection`,
      issuer: as.issuer,
      clientId: INSPECTOR.client_id,
      clientSecret: INSPECTOR.client_secret,
      audience: resource,
      accepts: (token) => !token.includes('.'),
      cache: { maxAgeMs: 0, inactiveMs: 0 },
    });
    return { auth: anyOf(jwtAuth({ issuers: [{ issuer: as.issuer, audience: url }] }), asked) };
  });
  return { as, resource, ...server };
}

describe('opaque tokens of an OpenID server', () => {
  test('are asked about, and end when they are revoked', async () => {
    const { as, url, resource } = await serveForOpaque();
    const ada = await as.signIn('ada', resource);
    expect(ada.access_token).not.toContain('.');
    expect(await principalIn(await callModern(url, 'who', {}, bearer(ada.access_token)))).toMatchObject({
      id: 'ada',
      clientId: 'desk',
      issuer: as.issuer,
      scopes: ['tools:read', 'tools:write'],
    });
    await as.revoke(ada.access_token);
    expect((await callModern(url, 'who', {}, bearer(ada.access_token))).status).toBe(401);
  });

  test('end when somebody uses a refresh token for the second time', async () => {
    const { as, url, resource } = await serveForOpaque();
    const ada = await as.signIn('ada', resource);
    const refreshed = await as.refresh(ada.refresh_token!, resource);
    expect((await callModern(url, 'who', {}, bearer(refreshed.access_token))).status).toBe(200);
    expect(await as.refresh(ada.refresh_token!, resource)).toMatchObject({ error: 'invalid_grant' });
    expect((await callModern(url, 'who', {}, bearer(refreshed.access_token))).status).toBe(401);
  });

  test('for another resource are refused, and so are refresh tokens, which are active too', async () => {
    const { as, url, resource } = await serveForOpaque();
    const other = await as.serviceToken('https://other.example/opaque');
    const ada = await as.signIn('ada', resource);
    for (const token of [other.access_token, ada.refresh_token!, 'made-up']) {
      expect((await callModern(url, 'who', {}, bearer(token))).status).toBe(401);
    }
  });

  test('stand beside JWT on the same endpoint', async () => {
    const { as, url, resource } = await serveForOpaque();
    for (const audience of [url, resource]) {
      const { access_token: token } = await as.serviceToken(audience);
      const claims: unknown = (await principalIn(await callModern(url, 'who', {}, bearer(token)))).claims;
      expect(isRecord(claims) && claims['aud']).toBe(audience);
    }
  });
});
