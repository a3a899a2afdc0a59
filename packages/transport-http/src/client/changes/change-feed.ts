import type { McpSubscription } from '@modelcontextprotocol/client';
import type { Listing } from '@toolyard/core';

import type { Connection } from '../connection/connection.ts';
import type { Link } from '../connection/link.ts';
import type { Patience } from '../http/patience.ts';
import type { ResponseCache } from '../response-cache.ts';
import type { Settings } from '../options.ts';
import type { Counters } from '../statistics.ts';
import { deferred, waitOrEnd } from '../wait.ts';
import type { ListKind, Lists } from './lists.ts';

/** What changes are told as. */
export interface ChangeSink {
  wants(kind: ListKind): boolean;
  listChanged<K extends ListKind>(kind: K, items: Listing[K]): void;
  /** `repaired`: it may have changed while nobody could tell. */
  resourceUpdated(uri: string, repaired: boolean): void;
  logged(params: Record<string, unknown>): void;
}

const CHANGED: Readonly<Record<string, readonly ListKind[]>> = {
  'notifications/tools/list_changed': ['tools'],
  'notifications/prompts/list_changed': ['prompts'],
  'notifications/resources/list_changed': ['resources', 'templates'],
};

/** A stream that stayed open this long had recovered; what ends it counts as a first failure. */
const STABLE_MS = 30_000;

/** Keeps changes coming: listens again after every loss, and makes up for what was missed meanwhile. */
export class ChangeFeed {
  readonly #settings: Settings;
  readonly #link: () => Link;
  readonly #lists: Lists;
  readonly #cache: ResponseCache;
  readonly #counters: Counters;
  readonly #patience: Patience;
  readonly #sink: ChangeSink;
  readonly #closing: AbortSignal;
  /** Resources watched, and by how many. */
  readonly #watched = new Map<string, number>();
  readonly #rereading = new Map<ListKind, { again: boolean }>();
  #connection: Connection | undefined;
  #filterChanged = () => {};
  #pause: AbortController | undefined;
  #everUp = false;
  #isRepairDue = false;

  constructor(
    parts: {
      readonly settings: Settings;
      readonly link: () => Link;
      readonly lists: Lists;
      readonly cache: ResponseCache;
      readonly counters: Counters;
      readonly patience: Patience;
      readonly closing: AbortSignal;
    },
    sink: ChangeSink,
  ) {
    this.#settings = parts.settings;
    this.#link = parts.link;
    this.#lists = parts.lists;
    this.#cache = parts.cache;
    this.#counters = parts.counters;
    this.#patience = parts.patience;
    this.#closing = parts.closing;
    this.#sink = sink;
  }

  /** Counts one more reader of a resource; `true` for the first. */
  watch(uri: string): boolean {
    const count = this.#watched.get(uri) ?? 0;
    this.#watched.set(uri, count + 1);
    if (count === 0) this.#filterChanged();
    return count === 0;
  }

  /** `true` when that was the last. */
  unwatch(uri: string): boolean {
    const count = this.#watched.get(uri) ?? 0;
    if (count > 1) this.#watched.set(uri, count - 1);
    else if (this.#watched.delete(uri)) this.#filterChanged();
    return count === 1;
  }

  get watchedUris(): readonly string[] {
    return [...this.#watched.keys()];
  }

  /** Lets go of everything that waits. */
  close(): void {
    this.#connection = undefined;
    this.#watched.clear();
    this.#filterChanged();
  }

  /** A connection has come up, new or again. */
  attach(connection: Connection, fresh: boolean): void {
    const gap = this.#everUp;
    this.#everUp = true;
    this.#pause?.abort();
    if (this.#isRepairDue) this.#repair();
    // Streams of a connection that was kept tell themselves whether they went on where they had stopped.
    if (!fresh) return;
    this.#connection = connection;
    this.#filterChanged();
    if (connection.era === 'modern') void this.#listen(connection, gap);
    else void this.#subscribe(connection, gap);
  }

  notified(method: string, params: Record<string, unknown>): void {
    if (method === 'notifications/message') this.#sink.logged(params);
    else if (method === 'notifications/resources/updated') {
      if (typeof params['uri'] === 'string') this.#sink.resourceUpdated(params['uri'], false);
    } else {
      for (const kind of CHANGED[method] ?? []) {
        if (this.#lists.isSeen(kind) || this.#sink.wants(kind)) void this.#reread(kind);
      }
    }
  }

  /** The standing stream of a legacy session is open, after a gap or not. */
  opened(connection: Connection, gap: boolean): void {
    this.#counters.streams += 1;
    this.#link().changesRestored(connection);
    if (gap) this.#repair();
  }

  /** Tells what may have been missed: lists that differ from what was seen, and every watched resource. */
  #repair(): void {
    // A stream may be back before the server counts as reachable again; lists are read when it does.
    this.#isRepairDue = !this.#link().current;
    if (this.#isRepairDue) return;
    this.#counters.repairedGaps += 1;
    for (const kind of ['tools', 'prompts', 'resources', 'templates'] as const) {
      if (this.#lists.isSeen(kind)) void this.#reread(kind);
    }
    for (const uri of this.#watched.keys()) {
      this.#cache.forget('resources/read', uri);
      this.#sink.resourceUpdated(uri, true);
    }
  }

  /** One at a time for each list: what changes meanwhile is read once more. */
  async #reread(kind: ListKind): Promise<void> {
    const underWay = this.#rereading.get(kind);
    if (underWay) {
      underWay.again = true;
      return;
    }
    const state = { again: true };
    this.#rereading.set(kind, state);
    try {
      while (state.again && !this.#closing.aborted) {
        state.again = false;
        const connection = this.#link().current;
        if (!connection) return;
        const items = await this.#lists.fetchChanged(connection.client, kind, this.#settings.timeoutMs);
        if (items) this.#sink.listChanged(kind, items);
      }
    } catch (err) {
      this.#settings.logger.warn({ err, kind }, 'A list that changed could not be read again.');
    } finally {
      this.#rereading.delete(kind);
    }
  }

  async #subscribe(connection: Connection, gap: boolean): Promise<void> {
    if (connection.capabilities.resources?.subscribe) {
      await Promise.all(this.watchedUris.map((uri) => this.subscribe(connection, uri)));
    }
    if (gap && this.#isCurrent(connection)) this.#repair();
  }

  /** Asks a legacy server for updates of a resource; a failure is logged, for the next connection tries again. */
  async subscribe(connection: Connection, uri: string): Promise<void> {
    try {
      await connection.client.subscribeResource({ uri }, { timeout: this.#settings.timeoutMs });
    } catch (err) {
      this.#settings.logger.warn({ err, uri }, 'Updates of a resource could not be subscribed to.');
    }
  }

  async unsubscribe(connection: Connection, uri: string): Promise<void> {
    await connection.client
      .unsubscribeResource({ uri }, { timeout: this.#settings.timeoutMs })
      .catch(() => {});
  }

  #isCurrent(connection: Connection): boolean {
    return this.#connection === connection && !connection.closed && !this.#closing.aborted;
  }

  /** Keeps one `subscriptions/listen` stream open as long as the connection is the current one. */
  async #listen(connection: Connection, gap: boolean): Promise<void> {
    const { clock, backoff, logger, connectTimeoutMs } = this.#settings;
    let open: McpSubscription | undefined;
    let missed = gap;
    for (let failures = 0; this.#isCurrent(connection);) {
      const { promise: changed, resolve } = deferred<'changed'>();
      this.#filterChanged = () => resolve('changed');
      const filter = this.#filter(connection);
      const before = open;
      let openedAt = clock.monotonic();
      try {
        open = filter && (await connection.client.listen(filter, { timeout: connectTimeoutMs }));
        openedAt = clock.monotonic();
        if (open) this.#counters.streams += 1;
        this.#link().changesRestored(connection);
        if (missed && this.#isCurrent(connection)) this.#repair();
        missed = false;
        // Only now: nothing falls between two streams.
        await before?.close();
        const end = await (open ? Promise.race([open.closed, changed]) : changed);
        if (end === 'changed') {
          failures = 0;
          continue;
        }
      } catch (err) {
        await before?.close();
        logger.debug({ err }, 'Listening for changes failed.');
      }
      open = undefined;
      missed = true;
      if (!this.#isCurrent(connection)) break;
      failures = clock.monotonic() - openedAt > STABLE_MS ? 1 : failures + 1;
      this.#link().changesLost(connection);
      const delayMs = Math.max(backoff.delayMs(failures), this.#patience.ms);
      if (failures > 1) await this.#wait(delayMs);
      await this.#link().doubt;
    }
    await open?.close();
  }

  async #wait(delayMs: number): Promise<void> {
    this.#pause = new AbortController();
    const signal = AbortSignal.any([this.#pause.signal, this.#closing]);
    await waitOrEnd(this.#settings.clock, delayMs, signal);
    this.#pause = undefined;
  }

  #filter({ capabilities }: Connection) {
    const uris = this.watchedUris;
    const filter = {
      ...(capabilities.tools?.listChanged && { toolsListChanged: true }),
      ...(capabilities.prompts?.listChanged && { promptsListChanged: true }),
      ...(capabilities.resources?.listChanged && { resourcesListChanged: true }),
      ...(uris.length > 0 && capabilities.resources && { resourceSubscriptions: [...uris] }),
    };
    return Object.keys(filter).length > 0 ? filter : undefined;
  }
}
