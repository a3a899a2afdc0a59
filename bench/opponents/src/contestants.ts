import type { Era } from '../../src/load/eras.ts';

/** A server that takes part. */
export interface Contestant {
  id: string;
  title: string;
  /** Module for `startServer`. */
  file: string;
  /** How it serves the eras it speaks. */
  modes: Partial<Record<Era, Mode>>;
  /** Why it is shown and does not count in the verdict. */
  outOfContest?: string;
}

/** How one server serves one era. */
export interface Mode {
  /** What it answers with when a client accepts both. */
  answers: 'JSON' | 'SSE';
  /** Whether each client opens a session. Otherwise calls come without a handshake. */
  sessions?: boolean;
  /** What the client sends instead of the usual headers, for a server that needs others. */
  headers?: Record<string, string>;
}

const json: Mode = { answers: 'JSON' };
const sse: Mode = { answers: 'SSE' };

/** What all others are a multiple of. */
export const bare: Contestant = {
  id: 'bare',
  title: 'bare node:http',
  file: 'bare',
  modes: { '2026': json, '2025': json },
};

export const toolyard: Contestant = {
  id: 'toolyard',
  title: 'Toolyard',
  file: 'toolyard',
  modes: { '2026': json, '2025': { ...json, sessions: true } },
};

/** Toolyard as those opponents serve the 2025 era that know no sessions. */
export const toolyardStateless: Contestant = {
  id: 'toolyard-stateless',
  title: 'Toolyard, stateless',
  file: own('toolyard-stateless'),
  modes: { '2025': json },
};

export const opponents: readonly Contestant[] = [
  {
    id: 'sdk',
    title: 'SDK v2, low-level Server',
    file: own('sdk'),
    modes: { '2026': json, '2025': { ...json, sessions: true } },
  },
  {
    id: 'tmcp',
    title: 'tmcp',
    file: own('tmcp'),
    // The newest revision it has before 2026-07-28.
    modes: { '2026': sse, '2025': { ...sse, sessions: true, headers: revision('2025-06-18') } },
  },
  { id: 'mcp-use', title: 'mcp-use', file: own('mcp-use'), modes: { '2026': json, '2025': sse } },
  { id: 'mcp-handler', title: 'mcp-handler', file: own('mcp-handler'), modes: { '2026': json, '2025': sse } },
  { id: 'fastmcp', title: 'fastmcp', file: own('fastmcp'), modes: { '2025': { ...json, sessions: true } } },
  {
    id: 'mcp-lite',
    title: 'mcp-lite',
    file: own('mcp-lite'),
    modes: { '2025': { ...sse, headers: revision('2025-06-18') } },
  },
  {
    id: 'mcp-lite-json',
    title: 'mcp-lite, client refuses SSE',
    file: own('mcp-lite'),
    outOfContest: 'it answers with JSON only to a client that refuses event streams, which no MCP client may',
    modes: { '2025': { ...json, headers: { ...revision('2025-06-18'), Accept: 'application/json' } } },
  },
];

function own(name: string): string {
  return `../../opponents/src/servers/${name}`;
}

function revision(version: string): Record<string, string> {
  return { 'MCP-Protocol-Version': version };
}
