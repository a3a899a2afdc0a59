import { InvalidParamsError } from '../errors.ts';
import type { Selection } from './fixed-list.ts';

/**
 * One page of a list. The cursor names the last item sent, so that items added or removed in between neither repeat
 * nor hide others; where that item is gone, its place counts.
 *
 * @throws {InvalidParamsError} for a cursor this server did not make.
 */
export function pageOf<T>(
  selection: Selection<T>,
  keyOf: (item: T) => string,
  cursor: unknown,
  pageSize: number,
): { page: T[]; nextCursor?: string } {
  const { items } = selection;
  const start = cursor === undefined ? 0 : startAfter(items, keyOf, cursor);
  const page = selection.page(start, pageSize);
  const last = page.at(-1);
  if (last === undefined || start + pageSize >= items.length) return { page };
  return { page, nextCursor: `${start + page.length}-${digestOf(keyOf(last))}` };
}

function startAfter<T>(items: readonly T[], keyOf: (item: T) => string, cursor: unknown): number {
  const match = /^(\d{1,15})-([\da-z]{1,7})$/.exec(typeof cursor === 'string' ? cursor : '');
  if (!match) throw new InvalidParamsError('Invalid cursor.');
  const place = Number(match[1]);
  const isLast = (item: T | undefined) => item !== undefined && digestOf(keyOf(item)) === match[2];
  if (isLast(items[place - 1])) return place;
  const index = items.findIndex(isLast);
  return index >= 0 ? index + 1 : Math.max(place - 1, 0);
}

/** A short FNV-1a digest: middleware may hide the item from the client, so the cursor must not spell its name. */
function digestOf(key: string): string {
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index += 1)
    hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  return (hash >>> 0).toString(36);
}
