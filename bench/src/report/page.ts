/**
 * Replaces the measured parts of a page that is otherwise written by hand.
 *
 * A part stands between `<!-- bench:ID -->` and `<!-- /bench:ID -->`. Parts without new figures stay as they are.
 *
 * @param parts - Markdown by id.
 * @throws when the page has no place for a part.
 */
export function fillPage(page: string, parts: ReadonlyMap<string, string>): string {
  let filled = page;
  for (const [id, text] of parts) {
    const [start, end] = [`<!-- bench:${id} -->`, `<!-- /bench:${id} -->`];
    const from = filled.indexOf(start);
    const to = filled.indexOf(end);
    if (from < 0 || to < from) throw new Error(`The page has no place for "${id}": ${start} … ${end}.`);
    filled = `${filled.slice(0, from + start.length)}\n\n${text}\n\n${filled.slice(to)}`;
  }
  return filled;
}
