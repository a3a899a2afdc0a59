import type { App, Change, Timer } from '@toolyard/core';
import { isRecord } from '@toolyard/core/protocol';

import type { NotificationBus } from './state.ts';

const TOPIC = 'changes';
/** Changes of this long are told together. */
const GATHER_MS = 10;
const RETRY_MS = 1000;
/** Of one message, and of what waits for the bus: beyond it resources that changed are told as a changed list. */
const MAX_CHANGES = 1000;

const LISTS: readonly Change[] = [{ kind: 'tools' }, { kind: 'prompts' }, { kind: 'resources' }];

/** Tells the clients of all nodes what changes on one of them. Who may hear of what, each node decides itself. */
export class ChangeRelay {
  readonly #app: App<any, any>;
  readonly #bus: NotificationBus;
  readonly #id = crypto.randomUUID();
  readonly #waiting = new Map<string, Change>();
  readonly #forget: () => void;
  #unsubscribe: (() => void) | undefined;
  #timer: Timer | undefined;
  #joinTimer: Timer | undefined;
  #sending = false;
  #closed = false;

  constructor(app: App<any, any>, bus: NotificationBus) {
    this.#app = app;
    this.#bus = bus;
    this.#forget = app.onChange((change) => this.#add(change));
    void this.#join(false);
  }

  close(): void {
    this.#closed = true;
    this.#forget();
    this.#unsubscribe?.();
    this.#timer?.cancel();
    this.#joinTimer?.cancel();
  }

  /** @param late - whether others may have told something already. */
  async #join(late: boolean): Promise<void> {
    try {
      const unsubscribe = await this.#bus.subscribe(TOPIC, {
        message: (message) => this.#hear(message),
        gap: () => this.#tellAllLists(),
      });
      if (this.#closed) return unsubscribe();
      this.#unsubscribe = unsubscribe;
      if (late) this.#tellAllLists();
    } catch (err) {
      if (this.#closed) return;
      this.#app.logger.warn({ err }, 'Changes on other nodes cannot be heard yet.');
      this.#joinTimer = this.#app.clock.after(RETRY_MS, () => void this.#join(true));
    }
  }

  #add(change: Change): void {
    const full = this.#waiting.size >= MAX_CHANGES;
    const told: Change = full && change.kind === 'resource' ? { kind: 'resources' } : change;
    this.#waiting.set(told.kind === 'resource' ? `resource ${told.uri}` : told.kind, told);
    if (!this.#sending) this.#timer ??= this.#app.clock.after(GATHER_MS, () => void this.#send());
  }

  async #send(): Promise<void> {
    this.#timer = undefined;
    this.#sending = true;
    const batch = [...this.#waiting].slice(0, MAX_CHANGES);
    for (const [key] of batch) this.#waiting.delete(key);
    let delayMs = GATHER_MS;
    try {
      await this.#bus.publish(TOPIC, { from: this.#id, changes: batch.map(([, change]) => change) });
    } catch (err) {
      this.#app.logger.warn({ err }, 'Changes could not be told to other nodes yet.');
      for (const [key, change] of batch) this.#waiting.set(key, change);
      delayMs = RETRY_MS;
    } finally {
      this.#sending = false;
    }
    if (this.#waiting.size > 0 && !this.#closed)
      this.#timer ??= this.#app.clock.after(delayMs, () => void this.#send());
  }

  #hear(message: unknown): void {
    if (!isRecord(message) || message['from'] === this.#id || !Array.isArray(message['changes'])) return;
    for (const change of message['changes']) if (isChange(change)) this.#app.announce(change);
  }

  /** What was missed nobody knows. To look again does clients no harm. */
  #tellAllLists(): void {
    for (const change of LISTS) this.#app.announce(change);
  }
}

function isChange(value: unknown): value is Change {
  if (!isRecord(value)) return false;
  const { kind, uri } = value;
  return (
    kind === 'tools' ||
    kind === 'prompts' ||
    kind === 'resources' ||
    (kind === 'resource' && typeof uri === 'string')
  );
}
