import {
  InvalidOptionError,
  silentLogger,
  systemClock,
  type Awaitable,
  type Clock,
  type JsonObject,
  type Logger,
} from '@toolyard/core';
import type { ClientCapabilities, Implementation, InputRequest } from '@toolyard/core/protocol';

import type { ClientAuth } from './http/token-keeper.ts';
import { Backoff, type BackoffOptions } from './backoff.ts';
import type { OfflineQueue } from './offline/offline-queue.ts';

/** A transport of the official SDK, or anything of its shape. */
export interface TransportLike {
  start(): Promise<void>;
  send(message: any, options?: any): Promise<void>;
  close(): Promise<void>;
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
  onmessage?: ((message: any, extra?: any) => void) | undefined;
}

/** Where the server is: an HTTP URL, or a function that makes a transport, run again for every connection. */
export type ClientTarget =
  | { readonly url: string | URL; readonly connect?: undefined }
  | { readonly connect: () => Awaitable<TransportLike>; readonly url?: undefined };

export interface ManagedClientSettings {
  /** Who the client says it is. Default: `toolyard-client`. */
  readonly clientInfo?: Implementation;
  /** What servers may ask of it. Default: everything if there is `onInput`, else nothing. */
  readonly capabilities?: ClientCapabilities;
  /** Answers what servers ask for: a form, a model's words, the roots. */
  readonly onInput?: (request: InputRequest) => Awaitable<JsonObject>;
  /** Gives and renews access tokens. For URLs. */
  readonly auth?: ClientAuth;
  /** Sent with every HTTP request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Default: the global one. */
  readonly fetch?: (url: string | URL, init?: RequestInit) => Promise<Response>;
  /** Which protocol to speak. Default `auto`: 2026-07-28 where the server knows it, else what it offers. */
  readonly era?: 'auto' | 'legacy';
  /** Between attempts to reach the server. */
  readonly backoff?: BackoffOptions;
  /** How long connecting may take, per attempt. Default 10 000. */
  readonly connectTimeoutMs?: number;
  /** How long a server that fell silent has to answer a probe. Default 5000. */
  readonly probeTimeoutMs?: number;
  /** How often the server sends something down an idle stream; after three of these, it is cut. Default 15 000. */
  readonly keepAliveMs?: number;
  /** How long a call may take, waiting for its turn or the server included. Default 60 000. */
  readonly timeoutMs?: number;
  /** Times one call is sent at most. Default 3. */
  readonly maxAttempts?: number;
  /** Calls that run at once; others wait. Default 16. */
  readonly concurrency?: number;
  /** Calls that may wait; beyond, `QUEUE_FULL`. Default 1000. */
  readonly maxWaitingCalls?: number;
  /** What cached lists and resources may weigh in memory, in bytes. Default 8 MiB; 0 caches nothing. */
  readonly maxCacheBytes?: number;
  /** Where `callLater` keeps calls until they are answered. Default: memory, up to 1000. */
  readonly offlineQueue?: OfflineQueue;
  /** Told of what fails in the background. Default: silent. */
  readonly logger?: Logger;
  readonly clock?: Clock;
}

/** Options of `createManagedClient`. */
export type ManagedClientOptions = ClientTarget & ManagedClientSettings;

/** Options with their defaults. */
export type Settings = Required<
  Pick<
    ManagedClientSettings,
    | 'clientInfo'
    | 'era'
    | 'connectTimeoutMs'
    | 'probeTimeoutMs'
    | 'keepAliveMs'
    | 'timeoutMs'
    | 'maxAttempts'
    | 'concurrency'
    | 'maxWaitingCalls'
    | 'maxCacheBytes'
    | 'logger'
    | 'clock'
  >
> &
  Pick<ManagedClientSettings, 'auth' | 'headers' | 'fetch' | 'onInput'> & {
    readonly url: URL | undefined;
    readonly connect: (() => Awaitable<TransportLike>) | undefined;
    readonly capabilities: ClientCapabilities;
    readonly backoff: Backoff;
  };

const EVERYTHING: ClientCapabilities = {
  elicitation: { form: {}, url: {} },
  sampling: { tools: {} },
  roots: {},
};

/** @throws {InvalidOptionError} `INVALID_OPTION` for a value that cannot work. */
export function settingsOf(options: ManagedClientOptions): Settings {
  if ((options.url === undefined) === (options.connect === undefined)) {
    throw new InvalidOptionError('url', 'or connect must be given, and not both');
  }
  const settings: Settings = {
    url: options.url === undefined ? undefined : parseUrl(options.url),
    connect: options.connect,
    clientInfo: options.clientInfo ?? { name: 'toolyard-client', version: '1.0.0' },
    capabilities: options.capabilities ?? (options.onInput ? EVERYTHING : {}),
    backoff: new Backoff(options.backoff),
    era: options.era ?? 'auto',
    connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
    probeTimeoutMs: options.probeTimeoutMs ?? 5000,
    keepAliveMs: options.keepAliveMs ?? 15_000,
    timeoutMs: options.timeoutMs ?? 60_000,
    maxAttempts: options.maxAttempts ?? 3,
    concurrency: options.concurrency ?? 16,
    maxWaitingCalls: options.maxWaitingCalls ?? 1000,
    maxCacheBytes: options.maxCacheBytes ?? 8 * 1_048_576,
    logger: options.logger ?? silentLogger,
    clock: options.clock ?? systemClock,
    ...(options.auth && { auth: options.auth }),
    ...(options.headers && { headers: options.headers }),
    ...(options.fetch && { fetch: options.fetch }),
    ...(options.onInput && { onInput: options.onInput }),
  };
  for (const name of ['connectTimeoutMs', 'probeTimeoutMs', 'keepAliveMs', 'timeoutMs'] as const) {
    if (!(settings[name] > 0)) throw new InvalidOptionError(name, 'must be above 0');
  }
  for (const name of ['maxAttempts', 'concurrency'] as const) {
    if (!Number.isSafeInteger(settings[name]) || settings[name] < 1) {
      throw new InvalidOptionError(name, 'must be a whole number above 0');
    }
  }
  for (const name of ['maxWaitingCalls', 'maxCacheBytes'] as const) {
    if (!(settings[name] >= 0)) throw new InvalidOptionError(name, 'must not be negative');
  }
  const { initialMs, maxMs } = settings.backoff;
  if (!(initialMs > 0 && maxMs >= initialMs)) {
    throw new InvalidOptionError('backoff', 'needs initialMs above 0 and maxMs not below it');
  }
  return settings;
}

function parseUrl(url: string | URL): URL {
  const parsed = URL.canParse(String(url)) ? new URL(url) : undefined;
  if (parsed?.protocol === 'http:' || parsed?.protocol === 'https:') return parsed;
  throw new InvalidOptionError('url', 'must be an http or https URL');
}
