import { Agent, request, type IncomingMessage } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';

import { describe, expect, onTestFinished, test } from 'vitest';

import { callModern, initializeMessage, json } from '../helpers.ts';
import { hasRedis, REDIS_URL } from '../sessions/redis-clients.ts';
import { newPrefix, PROOF, processorMs, startNode, type Node, publish } from './nodes.ts';

const SESSIONS = 5000;
/** Two rounds of keep-alives, one of the sessions' sweep. */
const IDLE_MS = 30_000;
const FLAGS = ['--expose-gc'];
const CLIENT = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };

/** Opens sessions, each with its standing stream, which stays open until the test ends. */
function opener({ url }: Node) {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  onTestFinished(() => agent.destroy());
  const send = (
    method: string,
    headers: Record<string, string>,
    body?: object,
    own: Agent | false = agent,
  ): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const outgoing = request(url, { method, agent: own, headers: { ...CLIENT, ...headers } });
      outgoing.on('error', reject).once('response', resolve);
      outgoing.end(body && JSON.stringify(body));
    });
  return async () => {
    const opened = await send('POST', {}, initializeMessage());
    opened.resume();
    const id = String(opened.headers['mcp-session-id']);
    const stream = await send('GET', { 'mcp-session-id': id, accept: 'text/event-stream' }, undefined, false);
    stream.on('error', () => {});
    onTestFinished(() => void stream.destroy());
    let isOpen = stream.statusCode === 200;
    stream.on('close', () => (isOpen = false));
    stream.resume();
    return () => isOpen;
  };
}

async function memoryOf({ url }: Node): Promise<{ used: number; rss: number }> {
  return (await json(callModern(url, 'memory'))).result.structuredContent;
}

const STATES = { 'in memory': undefined, ...(hasRedis && { 'in Redis': REDIS_URL }) };

describe.runIf(PROOF).each(Object.entries(STATES))(
  `${SESSIONS} idle sessions with open streams, %s`,
  (where, redis) => {
    test('cost little memory and next to no processor time', async () => {
      const node = await startNode({ redis, prefix: newPrefix(), flags: FLAGS });
      const open = opener(node);
      // What the first ones bring up counts for none.
      for (let index = 0; index < 20; index += 1) await open();
      const before = await memoryOf(node);
      const streams: (() => boolean)[] = [];
      const worker = async () => {
        while (streams.length < SESSIONS) {
          const at = streams.push(() => false) - 1;
          streams[at] = await open();
        }
      };
      await Promise.all(Array.from({ length: 16 }, worker));
      await wait(1000);
      const after = await memoryOf(node);
      const usedAt = await processorMs(node);
      await wait(IDLE_MS);
      const idleMs = ((await processorMs(node)) - usedAt) / (IDLE_MS / 10_000);
      expect(streams.filter((isOpen) => isOpen()).length).toBe(SESSIONS);

      const bytes = Math.round((after.used - before.used) / SESSIONS);
      const resident = Math.round((after.rss - before.rss) / SESSIONS);
      publish(
        `${SESSIONS} idle sessions ${where}: ${bytes} bytes each in use, ${resident} resident; ` +
          `${Math.round(idleMs)} ms of processor time per 10 s`,
      );
      expect(bytes).toBeLessThan(40_000);
      expect(idleMs).toBeLessThan(1000);
    }, 180_000);
  },
);
