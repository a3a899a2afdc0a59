import { ToolyardError } from '../errors.ts';
import type { CallView } from './call-view.ts';
import type { AppCore } from './core.ts';
import type { Catalog } from './catalog.ts';
import { FixedList, Selection, type Listed } from './fixed-list.ts';
import { pageOf } from './pages.ts';
import { runLayers } from './pipeline.ts';

/** How one list method gathers what an app and its mounted apps offer. */
export interface ListSource<Item, Result> {
  readonly method: string;
  readonly field: keyof Result & string;
  readonly keyOf: (item: Item) => string;
  /** The items of one app alone, those the caller may see. `call` is what the app's own middleware made of it. */
  readonly own: (core: AppCore, call: CallView) => readonly Item[] | Promise<readonly Item[]>;
  /** The name of a mounted item; URIs stay. */
  readonly rename?: (item: Item, prefix: string) => Item;
  /** The whole list, mounted apps included, where it depends on nothing but the reader's rights. */
  readonly fixed: (catalog: Catalog) => readonly Listed<Item>[] | undefined;
}

/** One page of an app's list. Mounted apps with middleware for it answer through that first. */
export async function collectList<Item, Result>(
  core: AppCore,
  call: CallView,
  source: ListSource<Item, Result>,
): Promise<Result> {
  const fixed = core.fixedList(source.method, () => fixedList(core, source));
  const selection = fixed ? fixed.selectFor(call.principal) : new Selection(await gather(core, call, source));
  const { page, nextCursor } = pageOf(selection, source.keyOf, call.params['cursor'], core.settings.pageSize);
  return { [source.field]: page, ...(nextCursor !== undefined && { nextCursor }) } as Result;
}

function fixedList<Item, Result>(
  core: AppCore,
  { method, fixed }: ListSource<Item, Result>,
): FixedList<Item> | undefined {
  const listed = isIntercepted(core, method) ? undefined : fixed(core.catalog);
  return listed && new FixedList(listed);
}

/** Whether a mounted app has a say in its part of the list. */
function isIntercepted(core: AppCore, method: string): boolean {
  return core.mounts.some(({ child }) => child.layersFor(method).length > 0 || isIntercepted(child, method));
}

async function gather<Item, Result>(
  core: AppCore,
  call: CallView,
  source: ListSource<Item, Result>,
): Promise<readonly Item[]> {
  const own = await source.own(core, call);
  if (core.mounts.length === 0) return own;
  const { rename = (item) => item } = source;
  const mounted = await Promise.all(
    core.mounts.map(async ({ prefix, child }) => {
      const result = await runLayers(child.layersFor(source.method), call, async (inner) => ({
        [source.field]: await gather(child, inner, source),
      }));
      const items = (result as Record<string, unknown> | undefined)?.[source.field];
      if (!Array.isArray(items)) {
        throw new ToolyardError(
          'INVALID_RESULT',
          `Middleware answered ${source.method} without "${source.field}".`,
        );
      }
      return (items as Item[]).map((item) => rename(item, prefix));
    }),
  );
  return [...own, ...mounted.flat()];
}
