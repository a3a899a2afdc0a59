import { useCallback, useEffect, useRef, useState } from 'react';
import type { CallToolResult, InferInput, InferOutput, JsonObject, Tool } from '@toolyard/core';

import type { ToolCallOptions } from '../managed-client.ts';
import { useMcp } from './provider.ts';

/** Where the latest call of a tool stands. */
export type ToolStatus = 'idle' | 'loading' | 'done' | 'failed';

/** What {@link useTool} gives. */
export interface ToolHandle<Input, Output> {
  /** Calls the tool; what a call before it gives is then ignored. Never rejects: see `error`. */
  readonly call: (args: Input, options?: Omit<ToolCallOptions, 'signal'>) => Promise<Output | undefined>;
  readonly status: ToolStatus;
  /** What the latest successful call gave; kept while the next one runs. */
  readonly data: Output | undefined;
  readonly error: unknown;
  /** The server cannot be reached at the moment; calls wait. */
  readonly offline: boolean;
}

interface Outcome<Output> {
  readonly status: ToolStatus;
  readonly data: Output | undefined;
  readonly error: unknown;
}

const IDLE: Outcome<never> = { status: 'idle', data: undefined, error: undefined };

/** Calls a tool from a component, which is rendered anew with the outcome. Given up when the component goes. */
export function useTool<T extends Tool>(tool: T): ToolHandle<InferInput<T>, InferOutput<T>>;
export function useTool(tool: string): ToolHandle<JsonObject, CallToolResult>;
export function useTool(tool: string | Tool): ToolHandle<any, any> {
  const { client, offline } = useMcp();
  const [outcome, setOutcome] = useState<Outcome<unknown>>(IDLE);
  const running = useRef<AbortController | undefined>(undefined);

  useEffect(() => () => running.current?.abort(), []);

  const call = useCallback(
    async (args: JsonObject, options: ToolCallOptions = {}) => {
      running.current?.abort();
      const controller = new AbortController();
      running.current = controller;
      const { signal } = controller;
      setOutcome(({ data }) => ({ status: 'loading', data, error: undefined }));
      try {
        const data: unknown = await client.call(tool as string, args, { ...options, signal });
        if (!signal.aborted) setOutcome({ status: 'done', data, error: undefined });
        return signal.aborted ? undefined : data;
      } catch (error) {
        if (!signal.aborted) setOutcome(({ data }) => ({ status: 'failed', data, error }));
        return undefined;
      }
    },
    [client, tool],
  );
  return { call, ...outcome, offline };
}
