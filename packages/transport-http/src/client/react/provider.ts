import { createContext, createElement, useContext, useSyncExternalStore, type ReactNode } from 'react';

import type { ManagedClient, ServerFacts } from '../managed-client.ts';
import type { ClientState } from '../state.ts';

const ClientContext = createContext<ManagedClient | undefined>(undefined);

/** What {@link McpProvider} takes. */
export interface McpProviderProps {
  /** Made and closed by the application: it may outlive the component, and be used outside of it. */
  readonly client: ManagedClient;
  readonly children?: ReactNode;
}

/**
 * Gives the components inside it a client.
 *
 * @example
 * ```ts
 * import { createElement } from 'react';
 * import { createManagedClient } from '@toolyard/transport-http/client';
 * import { McpProvider, useTool } from '@toolyard/transport-http/client/react';
 *
 * const client = createManagedClient({ url: 'https://tools.example.com/mcp' });
 *
 * function Greeting() {
 *   const { call, data, status } = useTool('greet');
 *   return createElement('button', { onClick: () => call({ name: 'Ada' }) }, status === 'loading' ? '…' : String(data));
 * }
 *
 * export const app = createElement(McpProvider, { client }, createElement(Greeting));
 * ```
 */
export function McpProvider({ client, children }: McpProviderProps): ReactNode {
  return createElement(ClientContext.Provider, { value: client }, children);
}

/** The client of the nearest {@link McpProvider}, and how it stands. */
export interface Mcp {
  readonly client: ManagedClient;
  readonly state: ClientState;
  readonly server: ServerFacts | undefined;
  /** The server cannot be reached at the moment; calls wait. */
  readonly offline: boolean;
}

/**
 * The client, rendering anew whenever its state changes.
 *
 * @throws {Error} outside of a {@link McpProvider}.
 */
export function useMcp(): Mcp {
  const client = useClient();
  const state = useSyncExternalStore(
    (onChange) => client.on('stateChanged', onChange),
    () => client.state,
    () => client.state,
  );
  return { client, state, server: client.server, offline: state.status === 'offline' };
}

/** The client alone: for what does not depend on its state. */
export function useClient(): ManagedClient {
  const client = useContext(ClientContext);
  if (!client) throw new Error('There is no McpProvider around this component.');
  return client;
}
