import { setTimeout as sleep } from 'node:timers/promises';
import { chosen, type Contestant, sdkLowLevel, sdkMcpServer, start, toolyard } from '../contestants.ts';
import { goal } from '../goals.ts';
import type { MemoryAnswer } from '../harness/control.ts';
import type { ServerProcess } from '../harness/server-process.ts';
import { type Connection, openConnection } from '../load/connection.ts';
import { closeSession, openSession } from '../load/session.ts';
import { whole } from '../report/format.ts';
import type { Settings } from '../settings.ts';
import type { Group, GroupReport } from './group.ts';

/** Bytes an abandoned 2025 session costs, and what is left of it when it is gone. */
export const sessions: Group = { id: 'sessions', run };

const field = [sdkLowLevel, sdkMcpServer(1), sdkMcpServer(100), toolyard(1), toolyard(100)];

interface Row {
  id: string;
  title: string;
  sessions: number;
  bytesPerSession: number;
  bytesLeftPerSession: number;
  endedBy: 'idle expiry' | 'DELETE';
}

async function run(settings: Settings, progress: (line: string) => void): Promise<GroupReport> {
  const rows: Row[] = [];
  for (const contestant of chosen(field, settings.servers)) {
    progress(`${settings.sessions} sessions on ${contestant.id}`);
    rows.push(await measure(contestant, settings));
  }
  const ours = rows.find(({ id }) => id === toolyard(1).id);
  return {
    id: sessions.id,
    title: 'Memory of idle 2025 sessions, heap and external bytes after collection',
    table: {
      columns: ['server', 'sessions', 'bytes/session', 'left when ended', 'ended by'],
      rows: rows.map((row) => [
        row.title,
        whole(row.sessions),
        whole(row.bytesPerSession),
        whole(row.bytesLeftPerSession),
        row.endedBy,
      ]),
    },
    goals: ours
      ? [
          goal('idle session, 2025: bytes', 20_000, ours.bytesPerSession),
          goal('expired session, 2025: bytes left', 200, ours.bytesLeftPerSession),
        ]
      : [],
    figures: rows,
    faults: [],
  };
}

async function measure(contestant: Contestant, settings: Settings): Promise<Row> {
  const count = settings.sessions;
  await using server = await start(contestant, { sessionIdleMs: settings.sessionIdleMs });
  const connections = await connect(server.url, settings.connections);
  // Once up and down first, so that code, caches and table space that stay are not booked on the sessions.
  await end(connections, server.url, await open(connections, server.url, Math.ceil(count / 10)));
  const before = used(await server.memory());
  const ids = await open(connections, server.url, count);
  const during = used(await server.memory());
  if (contestant.expires) {
    for (const connection of connections) connection.close();
    await emptied(server, before + 0.01 * (during - before), settings.sessionIdleMs);
  } else {
    await end(connections, server.url, ids);
    for (const connection of connections) connection.close();
  }
  const after = used(await server.memory());
  return {
    id: contestant.id,
    title: contestant.title,
    sessions: count,
    bytesPerSession: (during - before) / count,
    bytesLeftPerSession: (after - before) / count,
    endedBy: contestant.expires ? 'idle expiry' : 'DELETE',
  };
}

function used({ heapUsed, external }: MemoryAnswer): number {
  return heapUsed + external;
}

function connect(url: string, count: number): Promise<Connection[]> {
  return Promise.all(Array.from({ length: count }, () => openConnection(url)));
}

async function open(connections: readonly Connection[], url: string, count: number): Promise<string[]> {
  const ids: string[] = [];
  let asked = 0;
  const work = async (connection: Connection): Promise<void> => {
    while (asked++ < count) ids.push(await openSession(connection, url));
  };
  await Promise.all(connections.map(work));
  return ids;
}

async function end(connections: readonly Connection[], url: string, ids: string[]): Promise<void> {
  const waiting = [...ids];
  const work = async (connection: Connection): Promise<void> => {
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
      await closeSession(connection, url, id);
    }
  };
  await Promise.all(connections.map(work));
}

/** Waits for the idle time and then, at most as long again, until memory is down. */
async function emptied(server: ServerProcess, limit: number, idleMs: number): Promise<void> {
  await sleep(idleMs);
  const deadline = performance.now() + Math.max(idleMs, 5_000);
  while (performance.now() < deadline) {
    if (used(await server.memory()) <= limit) return;
    await sleep(500);
  }
}
