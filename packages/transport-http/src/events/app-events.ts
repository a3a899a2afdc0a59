import type { App } from '@toolyard/core';

import type { EventFeed } from './event-feed.ts';

/** What {@link followApp} publishes. Neither arguments nor results nor messages: they may hold secrets. */
export interface AppFeedEvents {
  readonly toolCalled: { readonly tool: string; readonly durationMs: number; readonly isError: boolean };
  readonly toolFailed: {
    readonly tool: string;
    readonly durationMs: number;
    /** Stable, for programs; absent where the error was masked. */
    readonly code?: string;
    /** What the client was told where the error was masked. */
    readonly incident?: string;
  };
  readonly inputRequired: { readonly tool: string; readonly keys: readonly string[] };
  readonly toolAdded: { readonly name: string };
  readonly toolRemoved: { readonly name: string };
}

/**
 * Publishes what an app announces of its tools, without what went in and came out. Calls go to whoever made them,
 * unless the feed's `allow` says otherwise.
 *
 * @returns the way to stop.
 *
 * @example
 * ```ts
 * import { createApp } from '@toolyard/core';
 * import { createEventFeed, followApp, type AppFeedEvents } from '@toolyard/transport-http/events';
 *
 * const app = createApp({ name: 'demo', version: '1.0.0' });
 * const feed = createEventFeed<AppFeedEvents>({
 *   allow: (_event, { principal }) => principal.roles?.includes('admin') ?? false,
 * });
 * followApp(feed, app);
 * ```
 */
export function followApp(
  feed: Pick<EventFeed<AppFeedEvents>, 'follow'>,
  app: Pick<App<any, any>, 'on'>,
): () => void {
  const stops = [
    feed.follow(app, 'toolCalled', ({ call, result, durationMs }) => ({
      tool: call.target?.name ?? '',
      durationMs,
      isError: result.isError === true,
    })),
    feed.follow(app, 'toolFailed', ({ call, error, incident, durationMs }) => ({
      tool: call.target?.name ?? '',
      durationMs,
      ...(incident === undefined ? codeOf(error) : { incident }),
    })),
    feed.follow(app, 'inputRequired', ({ call, keys }) => ({ tool: call.target?.name ?? '', keys })),
    feed.follow(app, 'toolAdded', ({ name }) => ({ name })),
    feed.follow(app, 'toolRemoved', ({ name }) => ({ name })),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

function codeOf(error: unknown): { readonly code?: string } {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? { code } : {};
}
