import type { Call, NoContext } from '../call.ts';
import type { Era } from '../protocol/revisions.ts';
import type { JsonObject } from '../protocol/messages.ts';
import type { Schema, SchemaOutput } from '../registry/schema.ts';

/** A method an extension adds to the protocol. */
export interface ExtensionMethod<Context extends object = any> {
  readonly name: string;
  /** Checks the params; a request that does not fit is answered with -32602. */
  readonly params?: Schema<any, any> | undefined;
  /** Served to clients of one era only. Default: both. */
  readonly era?: Era | undefined;
  readonly run: (params: any, call: Call<Context>) => JsonObject | Promise<JsonObject>;
}

/** An addition to the protocol, told to clients under `capabilities.extensions`. */
export interface Extension {
  /** `com.example/feature`. */
  readonly id: string;
  /** What clients see as `capabilities.extensions[id]`. Default: `{}`. */
  readonly settings?: JsonObject | undefined;
  readonly methods: readonly ExtensionMethod[];
  /** Answer with -32021 when a 2026 client did not declare the extension. Default: `true`. */
  readonly negotiated?: boolean | undefined;
}

/**
 * Declares a method of an extension, with its params typed by their schema.
 *
 * @example
 * ```ts
 * import { createApp, defineMethod } from '@toolyard/core';
 * import { z } from 'zod';
 *
 * createApp({ name: 'clock', version: '1.0.0' }).extend({
 *   id: 'com.example/clock',
 *   methods: [defineMethod({ name: 'clock/now', params: z.object({ zone: z.string() }), run: ({ zone }) => ({ zone }) })],
 * });
 * ```
 */
export function defineMethod<S extends Schema = Schema<JsonObject, JsonObject>, C extends object = NoContext>(
  method: Omit<ExtensionMethod, 'run' | 'params'> & {
    readonly params?: S;
    readonly run: (params: SchemaOutput<S>, call: Call<C>) => JsonObject | Promise<JsonObject>;
  },
): ExtensionMethod<C> {
  return Object.freeze({ ...method });
}
