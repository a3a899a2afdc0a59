import { defineConfig } from 'tsup';

export default defineConfig({
  entry: [
    'src/index.ts',
    'src/middleware.ts',
    'src/process.ts',
    'src/process/workers/thread.ts',
    'src/process/virtual/thread.ts',
    'src/protocol.ts',
    'src/sdk-v1.ts',
    'src/sdk-v2.ts',
    'src/stdio.ts',
    'src/stores.ts',
    'src/testing.ts',
  ],
  format: 'esm',
  target: 'node22',
  sourcemap: true,
  clean: true,
  removeNodeProtocol: false,
});
