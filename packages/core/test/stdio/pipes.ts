import { PassThrough } from 'node:stream';

import type { Dispatcher } from '../../src/index.ts';
import { MetaKey } from '../../src/protocol.ts';
import { serveStdio, type StdioOptions, type StdioServer } from '../../src/stdio.ts';

export type Message = Record<string, any>;

export interface Pipes {
  readonly server: StdioServer;
  readonly input: PassThrough;
  readonly output: PassThrough;
  /** Everything the server has written, parsed. A line that is not JSON fails the test. */
  readonly received: Message[];
  /** Writes a message, or text as it is. */
  readonly send: (...messages: unknown[]) => void;
  /** The first message that fits, there or to come. */
  readonly find: (fits: (message: Message) => boolean) => Promise<Message>;
  /** Sends a 2025 request and waits for what is answered under its id. */
  readonly ask: (method: string, params?: Message) => Promise<Message>;
  /** The same in 2026. */
  readonly askModern: (method: string, params?: Message) => Promise<Message>;
  readonly initialize: (protocolVersion?: string, capabilities?: Message) => Promise<Message>;
}

/** Serves an app over two streams in memory. */
export function pipes(app: Dispatcher, options: StdioOptions & { read?: boolean } = {}): Pipes {
  const input = new PassThrough();
  const output = new PassThrough();
  const server = serveStdio(app, { input, output, ...options });
  const received: Message[] = [];
  const waiting = new Set<() => void>();
  let rest = '';
  if (options.read !== false) {
    output.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString('utf8')).split('\n');
      rest = lines.pop()!;
      received.push(...lines.map((line) => JSON.parse(line) as Message));
      for (const check of waiting) check();
    });
  }
  let lastId = 100;

  const self: Pipes = {
    server,
    input,
    output,
    received,
    send(...messages) {
      for (const message of messages) {
        input.write(typeof message === 'string' ? message : `${JSON.stringify(message)}\n`);
      }
    },
    find(fits) {
      return new Promise((resolve) => {
        const check = () => {
          const found = received.find((message) => fits(message));
          if (!found) return;
          waiting.delete(check);
          resolve(found);
        };
        waiting.add(check);
        check();
      });
    },
    ask(method, params) {
      const id = ++lastId;
      self.send({ jsonrpc: '2.0', id, method, ...(params && { params }) });
      return self.find((message) => message['id'] === id && !('method' in message));
    },
    askModern: (method, params = {}) => self.ask(method, modern(params)),
    async initialize(protocolVersion = '2025-11-25', capabilities = {}) {
      const params = { protocolVersion, capabilities, clientInfo: { name: 'test', version: '1' } };
      const response = await self.ask('initialize', params);
      self.send({ jsonrpc: '2.0', method: 'notifications/initialized' });
      return response;
    },
  };
  return self;
}

/** Params with the envelope of 2026-07-28. */
export function modern(params: Message = {}): Message {
  return {
    ...params,
    _meta: {
      [MetaKey.protocolVersion]: '2026-07-28',
      [MetaKey.clientCapabilities]: {},
      ...(params['_meta'] as Message | undefined),
    },
  };
}

/** Resolves after pending callbacks of streams and promises have run. */
export async function turns(count = 5): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
