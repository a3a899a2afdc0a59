import type { Target } from '../../call.ts';
import type { JsonObject } from '../../protocol/messages.ts';
import type { Era } from '../../protocol/revisions.ts';
import type { CallState } from '../call-state.ts';
import type { Place } from '../catalog.ts';
import type { AppCore } from '../core.ts';
import type { Innermost, Layer } from '../pipeline.ts';

/** What a request turned out to be about. */
interface Resolution {
  readonly target?: Target | undefined;
  readonly layers?: readonly Layer[] | undefined;
  /** The apps the request passes, which hear of its end. Default: the serving app alone. */
  readonly path?: readonly Place[] | undefined;
  /** `Infinity` for none. Default: the app's. */
  readonly timeoutMs?: number | undefined;
  /** Of a tool: the JSON Schema its listing announces. */
  readonly outputSchema?: JsonObject | undefined;
  /** Innermost step: checks params, runs the handler, gives the result. Errors are thrown. */
  readonly run: Innermost;
}

/** How one method of the protocol is served. */
export interface Method {
  /** Served to clients of one era only. Default: both. */
  readonly era?: Era;
  /** Finds the target, before the first middleware. Throws only what ends a request before that; all else is thrown by `run`. */
  readonly resolve: (core: AppCore, params: JsonObject, state: CallState) => Resolution;
}
