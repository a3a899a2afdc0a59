import type { App } from '../app/app.ts';
import { findResource } from '../app/catalog.ts';
import { coreOf } from '../sdk/core-of.ts';

/** How a handler made by `createMcpHandler` is told of changes: its `notify`. */
export interface ChangeNotifier {
  toolsChanged(): void;
  promptsChanged(): void;
  resourcesChanged(): void;
  resourceUpdated(uri: string): void;
}

/**
 * Tells the `subscriptions/listen` streams of a `createMcpHandler` what changes in the app. Updates of resources with
 * `access` are left out: such a handler tells everyone who asks.
 *
 * @returns the way to stop.
 * @throws {LimitExceededError} `LIMIT_EXCEEDED` when the app's `maxSubscriptions` are taken.
 */
export function forwardChanges(app: App<any, any>, notify: ChangeNotifier): () => void {
  const core = coreOf(app);
  return core.hub.listen((change) => {
    switch (change.kind) {
      case 'tools':
        return notify.toolsChanged();
      case 'prompts':
        return notify.promptsChanged();
      case 'resources':
        return notify.resourcesChanged();
      case 'resource': {
        const guarded = findResource(core.catalog, change.uri)?.entry.compiled.resource.access !== undefined;
        if (!guarded) notify.resourceUpdated(change.uri);
      }
    }
  });
}
