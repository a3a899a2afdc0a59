import { definePlugin } from '../../app/plugin.ts';
import type { Clock, Timer } from '../../clock.ts';
import { positiveMs } from '../../options.ts';
import { artifactResource } from './artifact-resource.ts';
import { artifactUri, type ArtifactStore } from './artifact-store.ts';
import { readOutputTool } from './read-output.ts';

/** Options of {@link artifacts}. */
export interface ArtifactsOptions {
  /** Yours: close it after the app. */
  readonly store: ArtifactStore;
  /** Name of the tool that reads them; `false` for none. Default: `read_output`. */
  readonly tool?: string | false | undefined;
  /** Clients that subscribed to a growing artifact are told at most this often. Default: 500. */
  readonly updateMs?: number | undefined;
}

/**
 * Gives clients what an {@link ArtifactStore} holds for them: the resources `artifact://{id}` with updates while they
 * grow, and the tool `read_output`, because many hosts hide resources from their model.
 *
 * An artifact belongs to who made it: in a handler, `store.create(callerKey(call))`.
 *
 * @throws {InvalidOptionError} `INVALID_OPTION`
 *
 * @example
 * ```ts
 * import { createApp } from '@toolyard/core';
 * import { artifacts, fileArtifactStore } from '@toolyard/core/process';
 *
 * const store = fileArtifactStore({ directory: '/var/lib/my-server/artifacts' });
 * const app = createApp({ name: 'demo', version: '1.0.0' }).install(artifacts, { store });
 * app.onClose(() => store.close());
 * ```
 */
export const artifacts = definePlugin({
  name: 'artifacts',
  install(app, { store, tool = 'read_output', updateMs = 500 }: ArtifactsOptions) {
    positiveMs('updateMs', updateMs);
    app.add(artifactResource(store));
    if (tool !== false) app.add(readOutputTool(store, { name: tool }));
    const updates = throttle((id) => app.resourceUpdated(artifactUri(id)), updateMs, app.clock);
    const stop = store.onChange(({ kind, id }) => updates.add(id, kind !== 'grown'));
    app.onClose(() => {
      stop();
      updates.stop();
    });
  },
});

/** Tells the first change at once, those that follow soon after together. */
function throttle(tell: (id: string) => void, everyMs: number, clock: Clock) {
  /** Ids that were told lately, and whether there is something new. */
  const recent = new Map<string, { timer: Timer; hasNews: boolean }>();

  function announce(id: string): void {
    const timer = clock.after(everyMs, () => {
      const { hasNews } = recent.get(id) ?? {};
      recent.delete(id);
      if (hasNews) announce(id);
    });
    recent.set(id, { timer, hasNews: false });
    tell(id);
  }

  return {
    add(id: string, isFinal: boolean): void {
      const told = recent.get(id);
      if (told && !isFinal) {
        told.hasNews = true;
        return;
      }
      told?.timer.cancel();
      announce(id);
    },
    stop(): void {
      for (const { timer } of recent.values()) timer.cancel();
      recent.clear();
    },
  };
}
