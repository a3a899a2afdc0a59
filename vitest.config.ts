import { defineConfig } from 'vitest/config';

// Packages resolve to each other's sources, so tests need no build. The rest are Vite's own defaults for Node:
// naming any condition replaces them, for `ssr` too.
const conditions = ['@toolyard/source', 'module', 'node', 'development|production'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: [
      '{packages,examples}/*/test/**/*.test.ts',
      '{conformance,bench,bench/opponents}/test/**/*.test.ts',
    ],
    setupFiles: ['scripts/test-setup.ts'],
    // Most tests wait for processes and sockets; the default leaves one processor idle.
    maxWorkers: '100%',
    testTimeout: 20_000,
    hookTimeout: 20_000,
    coverage: {
      include: ['packages/*/src/**/*.ts'],
      reporter: ['text-summary', 'html', 'json-summary'],
      thresholds: { lines: 95 },
    },
  },
});
