import { expect, test } from 'vitest';

import { apiKeyRing, apiKeys, protectedResource } from '../../src/auth.ts';
import { callModern, initialize } from '../helpers.ts';
import { serveAt, toolsApp } from './helpers.ts';

test('a tool beyond the scopes of a token is 403, with the scopes and where to get them, in both eras', async () => {
  const ring = apiKeyRing();
  const { key } = await ring.issue({ principal: { id: 'ci', scopes: [] } });
  const { url } = await serveAt(toolsApp(), (own) => {
    const resource = protectedResource({ resource: own, authorizationServers: ['https://id.example'] });
    return { auth: resource.protect(apiKeys(ring)), routes: resource.routes };
  });
  const headers = { 'x-api-key': key };
  const session = await initialize(url, { headers });
  for (const response of [await callModern(url, 'write', {}, headers), await session.call('write')]) {
    expect(response.status).toBe(403);
    expect(response.headers.get('www-authenticate')).toBe(
      `Bearer error="insufficient_scope", scope="tools:write", resource_metadata="${new URL(url).origin}/.well-known/oauth-protected-resource/mcp"`,
    );
  }
});
