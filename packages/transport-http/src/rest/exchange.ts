import type { Exchange, OpenCall, Peer, Principal } from '@toolyard/core';
import { isRecord, MODERN_REVISION, type ServerNotification } from '@toolyard/core/protocol';

import type { OpenExchange } from '../endpoint/open-exchanges.ts';
import type { Visit } from '../beside/front.ts';

/** Questions travel to the caller as the answer of the call, so each caller can be asked. */
const CLIENT = Object.freeze({
  capabilities: Object.freeze({ elicitation: Object.freeze({ form: {}, url: {} }) }),
});

/** What hears of a call while it runs. */
export interface CallWatcher {
  progress(progress: Readonly<Record<string, unknown>>): void;
  beat(): void;
}

/** One request of REST, as dispatch sees it. */
export class RestExchange implements Exchange, OpenExchange {
  readonly listening = false;
  readonly transport = 'http';
  readonly era = 'modern';
  readonly protocolVersion = MODERN_REVISION;
  readonly client = CLIENT;
  readonly #visit: Visit;
  readonly #watcher: CallWatcher | undefined;
  #call: OpenCall | undefined = undefined;

  constructor(visit: Visit, watcher?: CallWatcher) {
    this.#visit = visit;
    this.#watcher = watcher;
  }

  get principal(): Principal {
    return this.#visit.principal;
  }

  get tenant(): string | undefined {
    return this.#visit.tenant;
  }

  get peer(): Peer | undefined {
    return this.#visit.incoming.peer;
  }

  opened(call: OpenCall): void {
    this.#call = call;
  }

  notify({ method, params }: ServerNotification): void {
    if (!this.#watcher || method !== 'notifications/progress' || !isRecord(params)) return;
    const { progressToken: _token, _meta, ...progress } = params;
    this.#watcher.progress(progress);
  }

  beat(): void {
    this.#watcher?.beat();
  }

  abort(reason: unknown): void {
    this.#call?.giveUp(reason);
  }
}
