import { resolve } from 'node:path';
import { runInNewContext } from 'node:vm';

import { build } from 'esbuild';
import { expect, test } from 'vitest';

import { hashApiKey } from '../src/auth.ts';

test('API keys work where there is nothing of Node, with the same digests', async () => {
  const { outputFiles } = await build({
    stdin: {
      resolveDir: resolve(import.meta.dirname, '../src'),
      contents: `
        import { apiKeys, hashApiKey } from './auth.ts';

        async function check() {
          const digest = await hashApiKey('the key');
          const auth = apiKeys([{ digest, principal: { id: 'ci', scopes: [] } }]);
          const request = (key) => ({ header: (name) => (name === 'x-api-key' ? key : undefined) });
          return [digest, (await auth(request('the key'))).id, (await auth(request('another'))).status];
        }
        answer(check());`,
    },
    bundle: true,
    conditions: ['@toolyard/source'],
    platform: 'neutral',
    mainFields: ['module', 'main'],
    format: 'iife',
    target: 'es2023',
    write: false,
  });
  const { AbortController, crypto, TextDecoder, TextEncoder, URL } = globalThis;
  const web = { AbortController, crypto, TextDecoder, TextEncoder, URL };
  const answer = await new Promise((done) => runInNewContext(outputFiles[0]!.text, { ...web, answer: done }));
  expect(answer).toEqual([await hashApiKey('the key'), 'ci', 401]);
});
