import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { runInNewContext } from 'node:vm';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { digest } from '../src/digest.ts';
import { canonicalJson } from '../src/protocol/canonical-json.ts';

const VALUES = ['', 'a', '\ud800', 'é🙂', { b: 1, a: [null, 'x'] }, 'x'.repeat(10_000)];

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

test('is the SHA-256 of the canonical JSON', async () => {
  expect(await digest({ b: 1, a: 'é' })).toBe(sha256('{"a":"é","b":1}'));
});

test('is the same where there is Web Crypto alone', async () => {
  const { outputFiles } = await build({
    stdin: {
      resolveDir: resolve(import.meta.dirname, '../src'),
      contents: `import { digest } from './digest.ts';
        answer(Promise.all(values.map((value) => digest(value))));`,
    },
    bundle: true,
    platform: 'neutral',
    format: 'iife',
    write: false,
  });
  const there = await new Promise((answer) =>
    runInNewContext(outputFiles[0]!.text, { crypto, TextEncoder, values: VALUES, answer }),
  );
  expect(there).toEqual(VALUES.map((value) => sha256(canonicalJson(value))));
});
