import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';
import { expect, test } from 'vitest';

test('the client and all it loads are free of Node modules', async () => {
  const entry = fileURLToPath(new URL('../../src/client.ts', import.meta.url));
  const { metafile, errors } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    conditions: ['@toolyard/source', 'browser'],
    logLevel: 'silent',
  });
  expect(errors).toEqual([]);
  const inputs = Object.entries(metafile.inputs);
  // Proof that the test looks at what it should: our parts and the SDK's are in the bundle.
  expect(inputs.some(([path]) => path.endsWith('client/connection/link.ts'))).toBe(true);
  expect(inputs.some(([path]) => path.includes('@modelcontextprotocol/client'))).toBe(true);
  const imports = inputs.flatMap(([, { imports: of }]) => of.map(({ path }) => path));
  expect(imports.filter((path) => path.startsWith('node:'))).toEqual([]);
});
