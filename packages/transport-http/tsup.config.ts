import { defineConfig } from 'tsup';

export default defineConfig({
  entry: [
    'src/index.ts',
    'src/auth.ts',
    'src/cli.ts',
    'src/client.ts',
    'src/client-react.ts',
    'src/doctor.ts',
    'src/events.ts',
    'src/express.ts',
    'src/fastify.ts',
    'src/hono.ts',
    'src/redis.ts',
    'src/rest.ts',
    'src/sse.ts',
    'src/stores.ts',
    'src/testing.ts',
    'src/websocket.ts',
  ],
  format: 'esm',
  target: 'node22',
  sourcemap: true,
  clean: true,
  removeNodeProtocol: false,
});
