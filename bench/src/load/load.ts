import type { RecordableHistogram } from 'node:perf_hooks';
import type { Calls, PreparedCall } from './calls.ts';
import { type Connection, openConnection, requestHead } from './connection.ts';
import type { Era } from './eras.ts';
import { echoCalls } from './echo-call.ts';
import { closeSession, openSession } from './session.ts';

export interface LoadOptions {
  url: string;
  era: Era;
  connections: number;
  /** What is asked for. Default: `echo`, every call different. */
  calls?: Calls;
  /** Sent with every call besides what the protocol asks for. */
  headers?: Record<string, string>;
  /** `false` for a server that knows no sessions: the 2025 shape without the handshake. */
  sessions?: boolean;
}

/** Clients that are connected, in the 2025 era each with a session of its own, and can be set to work. */
export interface Load {
  /**
   * Calls without pause on every connection, and resolves when all that was asked is answered.
   *
   * @param latency - gets the microseconds from writing each request to having its whole answer.
   */
  run(until: Until, latency?: RecordableHistogram): Promise<LoadResult>;
  close(): Promise<void>;
}

type Until = { ms: number } | { calls: number };

interface LoadResult {
  calls: number;
  seconds: number;
  wrong: number;
  /** The first few faults, in words. */
  faults: string[];
  /** Bytes of the last answer's body. */
  answerBytes: number;
}

const keptFaults = 3;

export async function openLoad(options: LoadOptions): Promise<Load> {
  const { url, era, connections, sessions = true, calls = echoCalls(), headers = {} } = options;
  const clients = await Promise.all(
    Array.from({ length: connections }, async () => {
      const connection = await openConnection(url);
      const session = era === '2025' && sessions ? await openSession(connection, url) : undefined;
      return {
        connection,
        session,
        head: requestHead('POST', url, { ...calls.headers(era, session), ...headers }),
      };
    }),
  );
  return {
    run: (until, latency) => run(clients, () => calls.next(era), until, latency),
    async close() {
      for (const { connection, session } of clients) {
        if (session !== undefined) await closeSession(connection, url, session);
        connection.close();
      }
    },
  };
}

async function run(
  clients: { connection: Connection; head: string }[],
  next: () => PreparedCall,
  until: Until,
  latency: RecordableHistogram | undefined,
): Promise<LoadResult> {
  const result: LoadResult = { calls: 0, seconds: 0, wrong: 0, faults: [], answerBytes: 0 };
  const start = performance.now();
  const deadline = 'ms' in until ? start + until.ms : Infinity;
  const limit = 'calls' in until ? until.calls : Infinity;
  let asked = 0;

  const work = async ({ connection, head }: { connection: Connection; head: string }): Promise<void> => {
    while (asked < limit && performance.now() < deadline) {
      asked++;
      const { body, faultOf } = next();
      const sent = performance.now();
      const answer = await connection.send(head, body);
      latency?.record(Math.max(1, Math.round((performance.now() - sent) * 1000)));
      const fault = faultOf(answer);
      result.calls++;
      result.answerBytes = Buffer.byteLength(answer.body);
      if (fault === undefined) continue;
      result.wrong++;
      if (result.faults.length < keptFaults) result.faults.push(fault);
    }
  };
  await Promise.all(clients.map(work));
  result.seconds = (performance.now() - start) / 1000;
  return result;
}
