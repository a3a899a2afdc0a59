import { mayUse, type Access, type Principal } from '../principal.ts';
import { share } from '../protocol/shared-json.ts';

/** Something that is listed, for those who may see it. */
export interface Listed<Item> {
  readonly item: Item;
  readonly access: Access | undefined;
}

/** Selections kept for readers to come. */
const MAX_SELECTIONS = 32;

/** A list that depends on its reader's rights alone. Readers who may see the same get the very same arrays. */
export class FixedList<Item> {
  readonly #listed: readonly Listed<Item>[];
  readonly #guarded: readonly Listed<Item>[];
  readonly #selections = new Map<string, Selection<Item>>();

  constructor(listed: readonly Listed<Item>[]) {
    this.#listed = listed;
    this.#guarded = listed.filter(({ access }) => access !== undefined);
  }

  /** What the principal may see. Asked anew each time: rights may have changed, and `allow` decides for itself. */
  selectFor(principal: Principal): Selection<Item> {
    const guarded = this.#guarded.map(({ access }) => mayUse(access, principal));
    const key = guarded.map(Number).join('');
    const known = this.#selections.get(key);
    if (known) return known;
    const hidden = new Set(this.#guarded.filter((_, index) => !guarded[index]));
    const items = this.#listed.filter((each) => !hidden.has(each)).map(({ item }) => item);
    const selection = new Selection(items);
    if (this.#selections.size >= MAX_SELECTIONS)
      this.#selections.delete(this.#selections.keys().next().value!);
    this.#selections.set(key, selection);
    return selection;
  }
}

/** Items in order, and the pages cut from them. */
export class Selection<Item> {
  readonly items: readonly Item[];
  readonly #pages = new Map<number, Item[]>();

  constructor(items: readonly Item[]) {
    this.items = items;
  }

  page(start: number, size: number): Item[] {
    const known = this.#pages.get(start);
    if (known) return known;
    const page = this.items.slice(start, start + size);
    // Those a client reaches by following cursors; a made-up one can start anywhere.
    if (start % size === 0) this.#pages.set(start, share(page));
    return page;
  }
}
