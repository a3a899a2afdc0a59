import { fileURLToPath } from 'node:url';

/** Starts the client under test; the suite splits it at spaces and appends the URL of its server. */
export const clientCommand = `${process.execPath} ${fileURLToPath(new URL('client.ts', import.meta.url))}`;
