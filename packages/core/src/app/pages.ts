import { InvalidParamsError } from '../errors.ts';

/**
 * One page of a list. The cursor names the last item sent, so that items added or removed in between neither repeat
 * nor hide others; where that item is gone, its place counts.
 *
 * @throws {InvalidParamsError} for a cursor this server did not make.
 */
export function pageOf<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
  cursor: unknown,
  pageSize: number,
): { page: T[]; nextCursor?: string } {
  const start = cursor === undefined ? 0 : startAfter(items, keyOf, cursor);
  const page = items.slice(start, start + pageSize);
  const last = page.at(-1);
  if (last === undefined || start + pageSize >= items.length) return { page };
  return { page, nextCursor: encode([start + page.length, keyOf(last)]) };
}

function startAfter<T>(items: readonly T[], keyOf: (item: T) => string, cursor: unknown): number {
  const [place, key] = decode(cursor);
  if (items[place - 1] !== undefined && keyOf(items[place - 1]!) === key) return place;
  const index = items.findIndex((item) => keyOf(item) === key);
  return index >= 0 ? index + 1 : Math.max(place - 1, 0);
}

function encode(position: [number, string]): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(JSON.stringify(position))));
}

function decode(cursor: unknown): [number, string] {
  try {
    const bytes = Uint8Array.from(atob(cursor as string), (character) => character.charCodeAt(0));
    const position: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (Array.isArray(position) && Number.isInteger(position[0]) && position[0] >= 0 && typeof position[1] === 'string') {
      return [position[0], position[1]];
    }
  } catch {
    // not ours, like any other text
  }
  throw new InvalidParamsError('Invalid cursor.');
}
