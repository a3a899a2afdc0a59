// The main entry and the middleware run wherever JavaScript does, and stay small.
import { builtinModules } from 'node:module';
import { resolve } from 'node:path';
import { runInNewContext } from 'node:vm';
import { build, type BuildOptions } from 'esbuild';
import { expect, test } from 'vitest';

/** What an entry may weigh, minified and with all its dependencies, and which these are. */
const BUDGETS = [
  {
    entry: 'index.ts',
    maxBytes: 120_000,
    packages: ['@cfworker/json-schema', 'eventemitter3', 'jose', 'uri-template-matcher'],
  },
  { entry: 'middleware.ts', maxBytes: 64_000, packages: ['rate-limiter-flexible'] },
] as const;

/** The peer, and what esbuild puts in for newer syntax. */
const ALLOWED = new Set(['@opentelemetry/api', '<runtime>']);

const source = resolve(import.meta.dirname, '../src');

const options = {
  bundle: true,
  minify: true,
  platform: 'neutral',
  mainFields: ['module', 'main'],
  target: 'es2023',
  logLevel: 'silent',
  write: false,
} as const satisfies BuildOptions;

test.each(BUDGETS)(
  '$entry needs no Node module, and at most $maxBytes bytes',
  async ({ entry, maxBytes, packages }) => {
    const { metafile, outputFiles } = await build({
      ...options,
      entryPoints: [resolve(source, entry)],
      format: 'esm',
      metafile: true,
      external: ['@opentelemetry/api', 'node:*', ...builtinModules],
    });
    const outside = Object.entries(metafile.inputs).flatMap(([file, { imports }]) =>
      imports
        .filter(({ external, path }) => external && !ALLOWED.has(path))
        .map(({ path }) => `${file} imports ${path}`),
    );
    expect(outside).toEqual([]);

    const bundled = Object.values(metafile.outputs).flatMap(({ inputs }) =>
      Object.entries(inputs)
        .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
        .map(([file]) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? 'ours'),
    );
    expect([...new Set(bundled)].toSorted()).toEqual([...packages, 'ours'].toSorted());
    expect(outputFiles[0]!.contents.length).toBeLessThanOrEqual(maxBytes);
  },
);

test('an app runs where there is nothing of Node', async () => {
  const { outputFiles } = await build({
    ...options,
    format: 'iife',
    stdin: {
      resolveDir: source,
      contents: `
        import { createApp, defineTool, jsonSchema } from './index.ts';
        import { concurrency, idempotency, rateLimit, retry, telemetry, timeout } from './middleware.ts';

        const values = new Map();
        const store = {
          get: async (key) => values.get(key),
          set: async (key, value) => void values.set(key, value),
          create: async (key, value) => !values.has(key) && !!values.set(key, value),
          delete: async (key) => values.delete(key),
        };
        const greet = defineTool({
          name: 'greet',
          input: jsonSchema({ type: 'object', properties: { name: { type: 'string' } }, required: ['name'] }),
          run: ({ name }) => 'Hello ' + name,
        });
        const app = createApp({ name: 'worker', version: '1.0.0' })
          .use(telemetry(), timeout({ timeoutMs: 1_000 }), rateLimit({ perMinute: 9 }), concurrency({ max: 1 }))
          .use('tools/call', idempotency({ store, ttlMs: 1_000 }), retry())
          .add(greet);
        answer(app.call(greet, { name: 'Ann' }, { meta: { 'toolyard/idempotencyKey': 'k' } }));
      `,
    },
  });
  const { AbortController, AbortSignal, clearTimeout, crypto, performance, setTimeout, structuredClone } =
    globalThis;
  const { atob, btoa, TextDecoder, TextEncoder, URL } = globalThis;
  const timers = { clearTimeout, setTimeout };
  const text = { atob, btoa, TextDecoder, TextEncoder, URL };
  const web = { ...timers, ...text, AbortController, AbortSignal, crypto, performance, structuredClone };
  const answer = await new Promise((done) => runInNewContext(outputFiles[0]!.text, { ...web, answer: done }));
  expect(answer).toBe('Hello Ann');
});
