import { RE2JS } from 're2js';
import { ToolError } from '../../errors.ts';

const MAX_GLOBS = 50;
const MAX_LENGTH = 500;

/**
 * Whether a path, divided by `/`, fits one of the globs. `*` and `?` stay within a name, `**` crosses names, `[a-z]`
 * and `[!a-z]` are one character of a set, `{a,b}` is one of several, `\` takes a meaning away. A glob without `/`
 * fits names at any depth; others start at the directory that is searched. Names that start with a dot are like others.
 *
 * Globs come from clients, so they run on an engine whose time is linear in the path; that is why no glob library does.
 *
 * @throws {ToolError} `PATTERN_INVALID`.
 */
export function compileGlobs(globs: readonly string[]): (path: string) => boolean {
  if (globs.length > MAX_GLOBS)
    throw new ToolError('PATTERN_INVALID', `At most ${MAX_GLOBS} globs are possible, not ${globs.length}.`);
  const patterns = globs.map((glob) => {
    if (glob === '' || glob.length > MAX_LENGTH)
      throw new ToolError('PATTERN_INVALID', `A glob has 1 to ${MAX_LENGTH} characters.`);
    try {
      return RE2JS.compile(expressionOf(glob), RE2JS.DOTALL);
    } catch (error) {
      throw new ToolError('PATTERN_INVALID', `${JSON.stringify(glob)} is not a glob.`, { cause: error });
    }
  });
  return (path) => patterns.some((pattern) => pattern.testExact(path));
}

function expressionOf(glob: string): string {
  const start = glob.startsWith('./') ? glob.slice(2) : glob;
  const isAnchored = start.replace(/\/(\*\*)?$/, '').includes('/');
  const text = start.replace(/^\//, '');
  let expression = isAnchored ? '' : '(?:.*/)?';
  let depth = 0;
  for (let index = 0; index < text.length; index++) {
    const char = text[index]!;
    if (char === '*') {
      const stars = /^\*+/.exec(text.slice(index))![0].length;
      const isWhole = stars === 2 && (index === 0 || text[index - 1] === '/');
      const next = text[index + stars];
      if (isWhole && next === '/') {
        expression += '(?:.*/)?';
        index += stars;
      } else if (isWhole && next === undefined) {
        expression += '.*';
        index += stars - 1;
      } else {
        expression += '[^/]*';
        index += stars - 1;
      }
    } else if (char === '?') expression += '[^/]';
    else if (char === '[') {
      const [set, length] = setAt(text, index);
      expression += set;
      index += length - 1;
    } else if (char === '{') {
      depth++;
      expression += '(?:';
    } else if (char === '}' && depth > 0) {
      depth--;
      expression += ')';
    } else if (char === ',' && depth > 0) expression += '|';
    else if (char === '\\' && index + 1 < text.length) expression += RE2JS.quote(text[++index]!);
    else expression += RE2JS.quote(char);
  }
  if (depth > 0) throw new Error('a "{" is not closed');
  // "src/" means what is in src.
  return text.endsWith('/') ? `${expression}.*` : expression;
}

function setAt(text: string, start: number): readonly [expression: string, length: number] {
  const set = /^\[([!^]?)(\]?[^\]]*)\]/.exec(text.slice(start));
  if (!set) return [RE2JS.quote('['), 1];
  const [whole, not, members] = set;
  return [`[${not ? '^/' : ''}${members!.replaceAll(/[\\[\]^&~]/g, '\\$&')}]`, whole.length];
}
