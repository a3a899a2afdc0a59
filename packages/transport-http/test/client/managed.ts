import { onTestFinished } from 'vitest';

import {
  createManagedClient,
  type ClientError,
  type ClientState,
  type ManagedClient,
} from '../../src/client.ts';
import type { ManagedClientOptions } from '../../src/client.ts';

/** A client with short pauses, closed when the test ends. */
export function managed(options: ManagedClientOptions): ManagedClient {
  const client = createManagedClient({ backoff: { initialMs: 20, maxMs: 100 }, ...options });
  onTestFinished(() => client.close());
  return client;
}

/** The statuses a client goes through from now on. */
export function statuses(client: ManagedClient): ClientState['status'][] {
  const seen: ClientState['status'][] = [client.state.status];
  client.on('stateChanged', ({ status }) => seen.push(status));
  return seen;
}

/** Both eras, as options of a client. */
export const ERAS = ['auto', 'legacy'] as const;

export function isClientError(error: unknown): error is ClientError {
  return error instanceof Error && error.name === 'ClientError';
}
