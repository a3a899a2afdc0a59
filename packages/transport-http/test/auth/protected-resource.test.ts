import {
  discoverOAuthProtectedResourceMetadata,
  extractWWWAuthenticateParams,
} from '@modelcontextprotocol/client';
import { describe, expect, test } from 'vitest';

import { challenge, type HttpOptions } from '../../src/index.ts';
import { apiKeyRing, apiKeys, protectedResource, type ProtectedResourceOptions } from '../../src/auth.ts';
import { callModern, json } from '../helpers.ts';
import { ask, serveAt, toolsApp } from './helpers.ts';

const AS = 'https://id.example';
const WELL_KNOWN = '/.well-known/oauth-protected-resource';

/** A server that takes the keys of an empty ring: nobody gets in. */
function serveProtected(
  options: (url: string) => Partial<ProtectedResourceOptions> = () => ({}),
  http: (url: string) => HttpOptions = () => ({}),
) {
  return serveAt(toolsApp(), (url) => {
    const resource = protectedResource({ resource: url, authorizationServers: [AS], ...options(url) });
    return { auth: resource.protect(apiKeys(apiKeyRing())), routes: resource.routes, ...http(url) };
  });
}

describe('a client without a token', () => {
  test('is led to the document, which the official client finds and believes', async () => {
    const { url } = await serveProtected(() => ({
      scopes: ['tools:write', 'tools:admin'],
      initialScopes: ['tools:write'],
    }));
    const refused = await callModern(url, 'who');
    expect(refused.status).toBe(401);
    const { resourceMetadataUrl, scope } = extractWWWAuthenticateParams(refused);
    expect(resourceMetadataUrl?.href).toBe(`${new URL(url).origin}${WELL_KNOWN}/mcp`);
    expect(scope).toBe('tools:write');
    for (const options of [undefined, { resourceMetadataUrl: resourceMetadataUrl! }]) {
      expect(await discoverOAuthProtectedResourceMetadata(url, options)).toEqual({
        resource: url,
        authorization_servers: [AS],
        bearer_methods_supported: ['header'],
        scopes_supported: ['tools:write', 'tools:admin'],
      });
    }
  });

  test('reads the document without a token, and nothing else', async () => {
    const { url, origin } = await serveProtected(undefined, () => ({}));
    const at = (path: string, init?: RequestInit) => fetch(`${origin}${path}`, init);
    const page = await at(`${WELL_KNOWN}/mcp`);
    expect([page.status, page.headers.get('content-type'), page.headers.get('cache-control')]).toEqual([
      200,
      'application/json',
      'public, max-age=3600',
    ]);
    expect((await at(WELL_KNOWN)).status).toBe(200);
    for (const [path, method, status] of [
      [`${WELL_KNOWN}/mcp`, 'POST', 401],
      [`${WELL_KNOWN}/mcp`, 'DELETE', 401],
      [`${WELL_KNOWN}/other`, 'GET', 404],
      [`${WELL_KNOWN}/mcp/`, 'GET', 404],
      [`/mcp?${WELL_KNOWN}/mcp`, 'GET', 401],
      ['/mcp', 'GET', 401],
    ] as const) {
      expect([path, method, (await at(path, { method })).status]).toEqual([path, method, status]);
    }
    expect((await callModern(`${url}?x=${WELL_KNOWN}/mcp`, 'who')).status).toBe(401);
  });

  test('gets the document from allowed hosts and origins alone', async () => {
    const { origin } = await serveProtected();
    const response = await fetch(`${origin}${WELL_KNOWN}/mcp`, {
      headers: { origin: 'https://evil.example' },
    });
    expect(response.status).toBe(403);
  });
});

describe('behind proxies', () => {
  const publicUrl = 'https://tools.example/team/a/mcp';

  test('all URLs are the public ones, whatever the headers say', async () => {
    const { url } = await serveProtected(() => ({ resource: publicUrl }));
    const response = await callModern(
      url,
      'who',
      {},
      {
        'x-forwarded-host': 'evil.example',
        'x-forwarded-proto': 'gopher',
        forwarded: 'host=evil.example',
      },
    );
    const header = response.headers.get('www-authenticate');
    expect(header).toContain(`resource_metadata="https://tools.example${WELL_KNOWN}/team/a/mcp"`);
    expect(header).not.toContain('evil');
  });

  test.each([`${WELL_KNOWN}/team/a/mcp`, `${WELL_KNOWN}/a/mcp`, `${WELL_KNOWN}/mcp`, WELL_KNOWN])(
    'the document is at %s too, where a proxy strips a prefix',
    async (path) => {
      const { origin } = await serveProtected(() => ({ resource: publicUrl }));
      expect(await json(fetch(`${origin}${path}`))).toMatchObject({ resource: publicUrl });
    },
  );

  test('it can be announced below a prefix', async () => {
    const metadataUrl = `https://tools.example/team/a${WELL_KNOWN}`;
    const { url, origin } = await serveProtected(() => ({ resource: publicUrl, metadataUrl }));
    expect((await callModern(url, 'who')).headers.get('www-authenticate')).toContain(
      `resource_metadata="${metadataUrl}"`,
    );
    expect((await fetch(`${origin}/team/a${WELL_KNOWN}`)).status).toBe(200);
    expect((await fetch(`${origin}${WELL_KNOWN}`)).status).toBe(200);
  });

  test('a resource at the root has its document at the root', () => {
    const { metadataUrl } = protectedResource({
      resource: 'https://tools.example/',
      authorizationServers: [AS],
    });
    expect(metadataUrl).toBe(`https://tools.example${WELL_KNOWN}`);
  });
});

describe('refusals', () => {
  const resource = protectedResource({
    resource: 'https://tools.example/mcp',
    authorizationServers: [AS],
    scopes: ['a', 'b'],
  });
  const METADATA = `resource_metadata="https://tools.example${WELL_KNOWN}/mcp"`;

  test.each<[Parameters<typeof challenge>[0], string]>([
    [undefined, `Bearer scope="a b", ${METADATA}`],
    [{ error: 'invalid_token' }, `Bearer error="invalid_token", scope="a b", ${METADATA}`],
    [
      { status: 403, error: 'insufficient_scope', scopes: ['c'] },
      `Bearer error="insufficient_scope", scope="c", ${METADATA}`,
    ],
    [
      { resourceMetadata: 'https://own.example/' },
      'Bearer resource_metadata="https://own.example/", scope="a b"',
    ],
    [{ scheme: 'Basic' }, 'Basic'],
  ])('made from %j say where to get a token', async (options, header) => {
    for (const auth of [() => challenge(options), async () => challenge(options)]) {
      const refusal = await ask(resource.protect(auth), {});
      expect('headers' in refusal && refusal.headers['www-authenticate']).toBe(header);
    }
  });

  test('of nobody are left as they are', async () => {
    const principal = { id: 'ada', scopes: [] };
    expect(
      await ask(
        resource.protect(() => principal),
        {},
      ),
    ).toBe(principal);
    expect(
      await ask(
        resource.protect(async () => principal),
        {},
      ),
    ).toBe(principal);
  });
});

test('options that cannot work are refused', () => {
  const options = { resource: 'https://tools.example/mcp', authorizationServers: [AS] };
  for (const wrong of [
    { resource: '/mcp' },
    { resource: 'https://tools.example/mcp#part' },
    { resource: 'ftp://tools.example' },
    { authorizationServers: [] },
    { authorizationServers: ['id.example'] },
    { metadataUrl: '/elsewhere' },
    { scopes: ['a"b'] },
    { scopes: ['a b'] },
    { initialScopes: ['a\r\nb'] },
  ]) {
    expect(() => protectedResource({ ...options, ...wrong })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION' }),
    );
  }
});
