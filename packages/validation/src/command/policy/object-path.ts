/**
 * The path in `HEAD:src/a.ts`, `:0:a.ts` or `:a.ts`; `undefined` when a text names no file of a revision.
 *
 * `:(magic)…`, `:!…`, `:^…` and `:/…` are patterns or searches.
 */
export function objectPath(text: string): string | undefined {
  const stage = /^:(?:[0-3]:)?(?![(!^/])/.exec(text);
  if (stage) return text.slice(stage[0].length);
  if (text.startsWith(':')) return undefined;
  // A colon in braces belongs to the revision: HEAD@{10:30}, HEAD^{/fix: it}.
  let depth = 0;
  for (const [index, character] of Array.from(text).entries()) {
    if (character === '{') depth++;
    else if (character === '}') depth--;
    else if (character === ':' && depth === 0)
      return Array.from(text)
        .slice(index + 1)
        .join('');
  }
  return undefined;
}
