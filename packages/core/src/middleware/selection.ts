import type { MethodName } from '../call.ts';
import { InvalidOptionError } from '../errors.ts';

/** Which methods a middleware looks at. Without either, all. */
export interface MethodSelection {
  /** Only these. */
  readonly methods?: readonly MethodName[] | undefined;
  /** All but these. */
  readonly except?: readonly MethodName[] | undefined;
}

/** @throws {InvalidOptionError} when both are given. */
export function selectMethods({ methods, except }: MethodSelection): (method: string) => boolean {
  if (methods && except) throw new InvalidOptionError('methods and except', 'exclude each other');
  if (methods) {
    const wanted = new Set<string>(methods);
    return (method) => wanted.has(method);
  }
  if (!except) return () => true;
  const unwanted = new Set<string>(except);
  return (method) => !unwanted.has(method);
}
