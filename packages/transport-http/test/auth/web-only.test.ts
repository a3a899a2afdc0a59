import { resolve } from 'node:path';
import { runInNewContext } from 'node:vm';

import { build } from 'esbuild';
import { expect, test } from 'vitest';

import { testKey } from './helpers.ts';

test('tokens, key rings and events work where there is nothing of Node', async () => {
  const { outputFiles } = await build({
    stdin: {
      resolveDir: resolve(import.meta.dirname, '../../src'),
      contents: `
        import { anyOf, apiKeyRing, apiKeys, authEvents, jwtAuth, protectedResource } from './auth.ts';

        async function check() {
          const decisions = [];
          const events = authEvents({ onDecision: ({ outcome, credential }) => decisions.push(outcome, credential?.length) });
          const ring = apiKeyRing();
          const { key: apiKey } = await ring.issue({ principal: { id: 'ci', scopes: [] } });
          const ways = anyOf(apiKeys(ring), jwtAuth({ issuers: [{ issuer: 'id', audience: 'tools', keys: [jwk] }] }));
          const resource = protectedResource({ resource: 'https://tools.example/mcp', authorizationServers: ['https://id.example'] });
          const auth = resource.protect(events.watch(ways));
          const found = [];
          for (const value of [apiKey, token, token, token + 'x']) {
            const header = (name) => (name === 'authorization' ? 'Bearer ' + value : undefined);
            const verdict = await auth({ method: 'POST', url: '/mcp', header });
            found.push(verdict.id ?? verdict.headers['www-authenticate']);
          }
          return [found, decisions];
        }
        check().then(answer, (error) => answer(String(error.stack)));`,
    },
    bundle: true,
    conditions: ['@toolyard/source'],
    platform: 'neutral',
    mainFields: ['module', 'main'],
    format: 'iife',
    target: 'es2023',
    write: false,
  });
  const key = await testKey('one');
  const token = await key.sign({
    iss: 'id',
    aud: 'tools',
    sub: 'ada',
    exp: Math.floor(Date.now() / 1000) + 600,
  });
  const { AbortController, atob, btoa, crypto, performance, structuredClone, TextDecoder, TextEncoder, URL } =
    globalThis;
  const web = {
    AbortController,
    atob,
    btoa,
    crypto,
    performance,
    structuredClone,
    TextDecoder,
    TextEncoder,
    URL,
  };
  const answer = await new Promise((done) =>
    runInNewContext(outputFiles[0]!.text, { ...web, jwk: key.jwk, token, answer: done }),
  );
  expect(answer).toEqual([
    [
      'ci',
      'ada',
      'ada',
      'Bearer error="invalid_token", error_description="The API key is not known.", ' +
        'resource_metadata="https://tools.example/.well-known/oauth-protected-resource/mcp"',
    ],
    ['allowed', 16, 'allowed', 16, 'allowed', 16, 'refused', 16],
  ]);
});
