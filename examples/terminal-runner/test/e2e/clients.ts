import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { atEnd } from './at-end.ts';
import { environment, MAIN } from './terminal.ts';

/** The two ways the official client speaks: each revision of 2025 and older begins a session, the newest does not. */
export const eras = [
  ['2026-07-28', { pin: '2026-07-28' }],
  ['2025-11-25', 'legacy'],
] as const;

/** One of {@link eras}. */
export type Mode = (typeof eras)[number][1];

/** Connects the official client over HTTP. */
export async function connectHttp(url: string, mode: Mode = eras[0][1], apiKey?: string): Promise<Client> {
  const client = newClient(mode);
  const headers = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }));
  return client;
}

/** Lets the official client start the server and speak to it over its stdin and stdout. */
export async function connectStdio(args: readonly string[], mode: Mode = eras[0][1]): Promise<Client> {
  const client = newClient(mode);
  await client.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [...MAIN, '--stdio', ...args],
      env: environment(),
      stderr: 'ignore',
    }),
  );
  return client;
}

/** The official client, not connected; closed at the end. */
export function newClient(mode: Mode = eras[0][1]): Client {
  const client = new Client({ name: 'e2e', version: '1.0.0' }, { versionNegotiation: { mode } });
  atEnd(() => client.close());
  return client;
}
