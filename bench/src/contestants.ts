import { startServer, type ServerProcess } from './harness/server-process.ts';
import type { ServerOptions } from './harness/run-server.ts';
import type { Feature } from './servers/features.ts';

/** A server that takes part. */
export interface Contestant {
  id: string;
  title: string;
  /** Module under `src/servers`. */
  file: string;
  tools: number;
  /** What is switched on, for servers that have a choice. */
  feature?: string;
  /** Whether it opens sessions in the 2025 era. */
  sessions: boolean;
  /** Whether it ends idle sessions by itself. */
  expires: boolean;
}

/** The server the others are a multiple of. */
export const bare: Contestant = {
  id: 'bare',
  title: 'bare node:http',
  file: 'bare',
  tools: 1,
  sessions: false,
  expires: false,
};

export const sdkLowLevel: Contestant = {
  id: 'sdk-low-level',
  title: 'SDK v2, low-level Server',
  file: 'sdk-low-level',
  tools: 1,
  sessions: true,
  expires: false,
};

export const sdkMcpServer = (tools: number): Contestant => ({
  id: `sdk-mcp-server-${tools}`,
  title: `SDK v2, McpServer, ${counted(tools)}`,
  file: 'sdk-mcp-server',
  tools,
  sessions: true,
  expires: false,
});

export const toolyard = (tools: number): Contestant => ({
  id: `toolyard-${tools}`,
  title: `Toolyard, ${counted(tools)}`,
  file: 'toolyard',
  tools,
  sessions: true,
  expires: true,
});

/** Sends the list Toolyard sends. */
export const listsBare = (tools: number): Contestant => ({
  ...bare,
  id: `lists-bare-${tools}`,
  title: 'bare node:http, same bytes',
  file: 'lists-bare',
  tools,
});

export const honoBare: Contestant = { ...bare, id: 'hono-bare', title: 'bare Hono', file: 'hono-bare' };

export const honoSdk: Contestant = {
  ...sdkLowLevel,
  id: 'hono-sdk',
  title: 'SDK v2, low-level Server, tuned, in Hono',
  file: 'hono-sdk',
};

export const honoToolyard: Contestant = {
  ...toolyard(1),
  id: 'hono-toolyard',
  title: 'Toolyard in Hono',
  file: 'hono-toolyard',
};

export const toolyardWith = (feature: Feature, title: string): Contestant => ({
  ...toolyard(1),
  id: `with-${feature}`,
  title,
  file: 'toolyard-features',
  feature,
});

/** @param wanted - beginnings of ids; empty means all. */
export function chosen(contestants: readonly Contestant[], wanted: readonly string[]): Contestant[] {
  if (wanted.length === 0) return [...contestants];
  return contestants.filter(({ id }) => wanted.some((beginning) => id.startsWith(beginning)));
}

export function start(
  { file, tools, feature }: Contestant,
  options: Pick<ServerOptions, 'sessionIdleMs'> = {},
): Promise<ServerProcess> {
  return startServer(file, { tools, ...(feature !== undefined && { feature }), ...options });
}

/** Servers that run side by side, idle while another one is measured. */
export interface RunningServers extends AsyncDisposable {
  of(contestant: Contestant): ServerProcess;
}

export async function startAll(contestants: readonly Contestant[]): Promise<RunningServers> {
  const running = new Map<string, ServerProcess>();
  const stop = async (): Promise<void> => {
    for (const server of running.values()) await server[Symbol.asyncDispose]();
  };
  try {
    for (const contestant of contestants) running.set(contestant.id, await start(contestant));
  } catch (error) {
    await stop();
    throw error;
  }
  return { of: ({ id }) => running.get(id)!, [Symbol.asyncDispose]: stop };
}

function counted(tools: number): string {
  return tools === 1 ? '1 tool' : `${tools.toLocaleString('en')} tools`;
}
