import { ToolyardError } from '../errors.ts';

/** The value as the other side of a wire sees it: a copy, without what JSON leaves out. */
export function overWire<T>(value: T, replacer?: (key: string, value: unknown) => unknown): T {
  if (value === undefined) return value;
  try {
    return JSON.parse(JSON.stringify(value, replacer)) as T;
  } catch (cause) {
    throw new ToolyardError('NOT_JSON', 'A message holds something that cannot be written as JSON.', {
      cause,
    });
  }
}
