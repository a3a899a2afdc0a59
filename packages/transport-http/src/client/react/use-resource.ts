import { useCallback, useEffect, useState } from 'react';
import type { ReadResourceResult } from '@toolyard/core/protocol';

import { useMcp } from './provider.ts';

/** What {@link useResource} gives. */
export interface ResourceHandle {
  readonly status: 'loading' | 'ready' | 'failed';
  /** What was read last; kept while it is read anew. */
  readonly data: ReadResourceResult | undefined;
  readonly error: unknown;
  /** `data` was kept from before the server went out of reach. */
  readonly stale: boolean;
  /** The server cannot be reached at the moment. */
  readonly offline: boolean;
  /** Reads it again, past what is cached. */
  readonly refresh: () => void;
}

type Outcome = Pick<ResourceHandle, 'status' | 'data' | 'error'>;

const LOADING: Outcome = { status: 'loading', data: undefined, error: undefined };

/** Reads a resource, and again whenever it has changed, also while nobody could tell. */
export function useResource(uri: string): ResourceHandle {
  const { client, offline } = useMcp();
  const [outcome, setOutcome] = useState(LOADING);
  // Counts what makes it worth reading again.
  const [turn, setTurn] = useState(0);
  const refresh = useCallback(() => setTurn((before) => before + 1), []);

  useEffect(() => {
    setOutcome(LOADING);
    return client.watch(uri, refresh);
  }, [client, uri, refresh]);

  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    const read = async () => {
      try {
        const cache = turn === 0 ? 'use' : 'refresh';
        const data = await client.read(uri, { cache, whenOffline: 'stale', signal });
        if (!signal.aborted) setOutcome({ status: 'ready', data, error: undefined });
      } catch (error) {
        if (!signal.aborted) setOutcome(({ data }) => ({ status: 'failed', data, error }));
      }
    };
    void read();
    return () => controller.abort();
  }, [client, uri, turn]);

  const stale = outcome.data?.['_meta']?.['toolyard/stale'] === true;
  useEffect(() => {
    if (stale && !offline) refresh();
  }, [stale, offline, refresh]);

  return { ...outcome, stale, offline, refresh };
}
