import { lookup } from 'node:dns/promises';
import { connect, isIP, type Socket } from 'node:net';

import type { Examination } from '../examination.ts';
import { noAnswer } from '../http.ts';
import { REMEDIES } from '../remedies.ts';
import type { Verdict } from '../report.ts';

/** Whether the name leads somewhere. */
export async function checkDns({ settings, limits }: Examination): Promise<Verdict> {
  const host = hostOf(settings.url);
  if (isIP(host))
    return { status: 'skipped', summary: `${host} is an address.`, facts: { addresses: [host] } };
  const { clock, signal } = limits;
  using limit = clock.timeout(limits.timeoutMs);
  try {
    // A lookup cannot be cancelled, only left behind.
    const found = await orAborted(lookup(host, { all: true }), AbortSignal.any([signal, limit.signal]));
    const addresses = found.map(({ address }) => address);
    return { status: 'ok', summary: `${host} is ${addresses.join(', ')}.`, facts: { addresses } };
  } catch (error) {
    signal.throwIfAborted();
    const { reason, message } = noAnswer(error, limit.signal.aborted ? limits.timeoutMs : undefined);
    return {
      status: 'fail',
      summary: `${host} cannot be resolved. ${message}`,
      facts: { reason },
      remedies: [
        { where: 'Cloudflare', setting: `DNS > Records: an A, AAAA or CNAME record for ${host}` },
        { where: 'client', setting: 'A name of a private network needs its VPN or its name server' },
      ],
    };
  }
}

/** Whether something listens. */
export async function checkTcp({ settings, limits }: Examination): Promise<Verdict> {
  const { url } = settings;
  const port = portOf(url);
  const { clock, signal } = limits;
  using limit = clock.timeout(limits.timeoutMs);
  const begin = clock.monotonic();
  const socket = connect({ host: hostOf(url), port });
  try {
    await connected(socket, 'connect', AbortSignal.any([signal, limit.signal]));
    const connectMs = Math.round(clock.monotonic() - begin);
    const facts = { address: socket.remoteAddress, port, connectMs };
    return {
      status: 'ok',
      summary: `${facts.address} takes connections on port ${port} (${connectMs} ms).`,
      facts,
    };
  } catch (error) {
    signal.throwIfAborted();
    const { reason, message } = noAnswer(error, limit.signal.aborted ? limits.timeoutMs : undefined);
    const summary = `Port ${port} of ${url.hostname} cannot be reached. ${message}`;
    return { status: 'fail', summary, facts: { reason, port }, remedies: REMEDIES.notReachable };
  } finally {
    socket.destroy();
  }
}

/** Waits for a socket to be ready, an error, or the signal. */
export async function connected(
  socket: Socket,
  event: 'connect' | 'secureConnect',
  signal: AbortSignal,
): Promise<void> {
  const ready = new Promise<void>((resolve, reject) => {
    socket.once(event, resolve);
    // Stays, for what comes after the socket was given up.
    socket.on('error', reject);
  });
  await orAborted(ready, signal);
}

export function hostOf({ hostname }: URL): string {
  return hostname.replaceAll(/^\[|\]$/g, '');
}

export function portOf({ port, protocol }: URL): number {
  return port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port);
}

/** Settles with the promise, or rejects when the signal aborts. */
async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  promise.catch(() => {});
  let stop!: () => void;
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
