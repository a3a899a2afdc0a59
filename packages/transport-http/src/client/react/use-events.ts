import { useEffect, useRef } from 'react';

import type { ClientEvents } from '../managed-client.ts';
import { useClient } from './provider.ts';

/** Hears of an event of the client as long as the component is there; always with the listener of the last render. */
export function useEvents<E extends keyof ClientEvents>(
  event: E,
  listener: (details: ClientEvents[E]) => void,
): void {
  const client = useClient();
  const latest = useRef(listener);
  useEffect(() => {
    latest.current = listener;
  }, [listener]);
  useEffect(() => client.on(event, (details) => latest.current(details)), [client, event]);
}
