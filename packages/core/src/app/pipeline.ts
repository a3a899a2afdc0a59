import type { Awaitable } from '../awaitable.ts';
import type { Changes, MethodName } from '../call.ts';
import { ToolyardError } from '../errors.ts';
import type { CallView } from './call-view.ts';

/** Middleware with its types erased, as the pipeline runs it. */
export type Layer = (call: CallView, next: (changes?: LayerChanges) => Promise<unknown>) => unknown;

/** What the pipeline itself can change besides. */
export interface LayerChanges extends Changes {
  readonly localName?: string;
}

/** One `use()`: a layer and the method it is for, `undefined` for all. */
export interface LayerEntry {
  readonly method: MethodName | undefined;
  readonly layer: Layer;
}

/**
 * Runs a call through layers, first in the list outermost, to `innermost`.
 *
 * @throws {ToolyardError} `NEXT_CALLED_TWICE` when a layer continues again although it has not failed.
 */
export function runLayers(
  layers: readonly Layer[],
  call: CallView,
  innermost: Innermost,
): Awaitable<unknown> {
  return layers.length === 0 ? innermost(call) : enter(layers, 0, call, innermost);
}

/** What the layers are around. */
export type Innermost = (call: CallView) => Awaitable<unknown>;

// Not an async function, which would cost each layer a promise of its own besides the one the layer makes.
function enter(
  layers: readonly Layer[],
  index: number,
  call: CallView,
  innermost: Innermost,
): Promise<unknown> {
  const layer = layers[index];
  let mayContinue = true;
  const next = (changes?: LayerChanges): Promise<unknown> => {
    if (!mayContinue) return refuseSecond(layer!);
    mayContinue = false;
    const inner = enter(layers, index + 1, changes === undefined ? call : call.with(changes), innermost);
    // Being handled here, it cannot end the process where a layer forgets to await it.
    inner.catch(() => {
      mayContinue = true;
    });
    return inner;
  };
  try {
    const result = layer === undefined ? innermost(call) : layer(call, next);
    return Promise.resolve(result);
  } catch (error) {
    return Promise.reject(error);
  }
}

function refuseSecond(layer: Layer): Promise<never> {
  const refusal = Promise.reject(
    new ToolyardError(
      'NEXT_CALLED_TWICE',
      `The middleware "${layer.name || 'anonymous'}" called next() again although the first has not failed.`,
    ),
  );
  refusal.catch(() => {});
  return refusal;
}
