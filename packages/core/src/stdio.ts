// This list is the public API of @toolyard/core/stdio.
export { serveStdio, type StdioOptions, type StdioServer } from './stdio/serve-stdio.ts';
