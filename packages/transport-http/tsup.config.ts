import { defineConfig } from 'tsup';

export default defineConfig({
  entry: ['src/index.ts', 'src/auth.ts', 'src/express.ts', 'src/fastify.ts', 'src/hono.ts'],
  format: 'esm',
  target: 'node22',
  sourcemap: true,
  clean: true,
  removeNodeProtocol: false,
});
