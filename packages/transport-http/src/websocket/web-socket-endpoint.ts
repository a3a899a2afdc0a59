import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

import { CancelledError, ShutdownError, type App } from '@toolyard/core';
import { WebSocketServer, type WebSocket } from 'ws';

import type { Caller } from '../connection/caller.ts';
import { Gate, refuseWith, type Admission, type Refusable } from '../connection/gate.ts';
import { CLOSE_GRACE_MS, LinePool } from '../connection/line-pool.ts';
import type { Incoming } from '../endpoint/message.ts';
import { NodeIncoming } from '../node/node-message.ts';
import { webSocketSettingsOf, type WebSocketOptions, type WebSocketSettings } from './options.ts';
import { SocketReply } from './socket-reply.ts';
import { WebSocketLine } from './web-socket-line.ts';

/** The WebSocket endpoint, apart from any HTTP server. */
export class WebSocketEndpoint {
  readonly settings: WebSocketSettings;
  readonly #app: App<any, any>;
  readonly #gate: Gate;
  readonly #pool: LinePool<WebSocketLine>;
  readonly #server: WebSocketServer;
  #closed: Promise<void> | undefined = undefined;

  constructor(app: App<any, any>, options: WebSocketOptions) {
    this.#app = app;
    this.settings = webSocketSettingsOf(options);
    this.#gate = new Gate(options);
    const { maxConnections: max, idleMs, maxAgeMs, pingMs: beatMs } = this.settings;
    const { maxMessageBytes, compressFromBytes } = this.settings;
    this.#pool = new LinePool(app.clock, { max, idleMs, maxAgeMs, beatMs }, (line, ending) =>
      line.end(ending, new CancelledError(ENDINGS[ending])),
    );
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload: maxMessageBytes,
      handleProtocols: () => SUBPROTOCOL,
      // One message at a time: a flood of small ones would keep everybody else waiting.
      allowSynchronousEvents: false,
      // A compression context for each connection would cost more memory than everything else kept for it.
      perMessageDeflate: compressFromBytes !== false && {
        threshold: compressFromBytes,
        serverNoContextTakeover: true,
        clientNoContextTakeover: true,
      },
    });
  }

  get connectionCount(): number {
    return this.#pool.size;
  }

  /** Answers a request that did not ask for a WebSocket. Never rejects. */
  async handle(incoming: Incoming, reply: Refusable): Promise<void> {
    try {
      const admission = await this.#gate.admit(incoming, reply);
      if (!admission) return;
      const headers = { ...admission.headers, upgrade: 'websocket', connection: 'Upgrade' };
      if (incoming.path === this.settings.path) refuseWith(reply, 426, UPGRADE, headers);
      else refuseWith(reply, 404, this.#elsewhere(), admission.headers);
    } catch (err) {
      this.#fail(err, incoming, reply);
    }
  }

  /** Takes a connection over, or answers why not. Never rejects. */
  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const incoming = new NodeIncoming(request);
    const reply = new SocketReply(socket);
    // Until ws takes over: without a listener a reset would end the process.
    socket.on('error', ignore);
    try {
      await this.#take(request, incoming, socket, head, reply);
    } catch (err) {
      this.#fail(err, incoming, reply);
    }
  }

  /** Refuses new connections, gives running requests until the deadline, and closes all with 1001. */
  close({ deadlineMs = 10_000 }: { deadlineMs?: number } = {}): Promise<void> {
    return (this.#closed ??= this.#drain(deadlineMs));
  }

  async #drain(deadlineMs: number): Promise<void> {
    await this.#pool.drain(deadlineMs);
    for (const line of this.#pool) line.end('shutdown', new ShutdownError());
    await this.#pool.empty(2 * CLOSE_GRACE_MS);
  }

  async #take(
    request: IncomingMessage,
    incoming: NodeIncoming,
    socket: Duplex,
    head: Buffer,
    reply: SocketReply,
  ): Promise<void> {
    const admission = await this.#admit(incoming, reply);
    if (!admission || socket.destroyed || !socket.writable) return;
    const { caller, headers } = admission;
    if (incoming.path !== this.settings.path) return refuseWith(reply, 404, this.#elsewhere(), headers);
    if (incoming.header('upgrade')?.toLowerCase() !== 'websocket') {
      return refuseWith(reply, 400, UPGRADE, headers);
    }
    if (!offers(incoming.header('sec-websocket-protocol'))) {
      return refuseWith(reply, 400, `Bad Request: offer the subprotocol ${SUBPROTOCOL}.`, headers);
    }
    if (this.#closed) {
      return refuseWith(reply, 503, 'The server is shutting down.', { ...headers, 'retry-after': '1' });
    }
    if (!this.#pool.reserve()) {
      const later = { ...headers, 'retry-after': '30' };
      return refuseWith(reply, 503, 'The server has no room for another connection.', later);
    }
    let opened = false;
    socket.off('error', ignore);
    // It calls back before it returns; a handshake that is not in order it has answered with 400 by then.
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      opened = true;
      this.#open(webSocket, caller);
    });
    if (!opened) this.#pool.release();
  }

  /** Within the time a handshake may take: meanwhile nothing else watches over the connection. */
  #admit(incoming: NodeIncoming, reply: SocketReply): Promise<Admission | undefined> {
    return new Promise((resolve, reject) => {
      let open = true;
      const once: Refusable = { send: (...answer) => open && reply.send(...answer) };
      const settle = (action: () => void) => {
        timer.cancel();
        if (open) action();
        open = false;
      };
      const timer = this.#app.clock.after(this.settings.handshakeTimeoutMs, () =>
        settle(() => {
          refuseWith(reply, 503, 'Authentication took too long.', { 'retry-after': '1' });
          resolve(undefined);
        }),
      );
      this.#gate.admit(incoming, once).then(
        (admission) => settle(() => resolve(admission)),
        (error: unknown) => settle(() => reject(error)),
      );
    });
  }

  #open(webSocket: WebSocket, caller: Caller): void {
    const line = new WebSocketLine(this.#app, caller, webSocket, this.settings, () => {
      this.#pool.delete(line);
    });
    this.#pool.add(line);
  }

  #elsewhere(): string {
    return `Not found. WebSockets are at ${this.settings.path}.`;
  }

  #fail(err: unknown, incoming: Incoming, reply: Refusable): void {
    this.#app.logger.error({ err, path: incoming.path }, 'A WebSocket handshake failed.');
    this.#gate.fail(incoming, reply);
  }
}

const SUBPROTOCOL = 'mcp';
const UPGRADE = 'Upgrade Required: connect with a WebSocket client.';
const ENDINGS = {
  idle: 'The connection was idle for too long.',
  old: 'The connection has reached its greatest age.',
} as const;

function offers(header: string | undefined): boolean {
  return header?.split(',').some((name) => name.trim() === SUBPROTOCOL) ?? false;
}

function ignore(): void {}
