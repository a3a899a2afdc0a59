import type { DoubleQuotedChild, Word, WordPart } from 'unbash';
import { CommandLineError } from '../errors.ts';

const QUOTE = 'Put the text in single quotes if it is meant as it stands.';

/**
 * What a word says without its quotes.
 *
 * @throws {CommandLineError} when a shell would compute something for it.
 */
export function staticWord(line: string, word: Word): string {
  const parts: readonly WordPart[] = word.parts ?? [
    { type: 'Literal', pos: word.pos, end: word.end, value: word.value, text: word.text },
  ];
  // What no file is called stays as it is: --include=*.ts.
  const isOption = /^--[A-Za-z][\w-]*=/.test(word.text);
  for (const part of parts)
    if (!(isOption && part.type === 'Glob' && part.kind !== 'bracket')) checkPart(line, part);
  const bare = parts.filter(({ type }) => type === 'Literal').map(({ text }) => text);
  for (const text of bare) {
    const operator = /^(?:\\[^]|[^\\()<>&|;`])*([()<>&|;`])/.exec(text)?.[1];
    if (operator !== undefined) refuse(word.pos, word.text, `${operator} has a meaning to a shell`);
  }
  // bash expands ~ at the start of a word, and after = and : where it could be an assignment.
  if (word.text.startsWith('~')) refuse(word.pos, word.text, '~ is a home directory only to a shell');
  if (
    bare.some((text) => /[=:]~/.test(text)) ||
    (/[=:]["']{0,4}~/.test(word.text) && bare.some((text) => text.startsWith('~')))
  )
    refuse(word.pos, word.text, '~ after = or : is a home directory to a shell');
  return word.value;
}

function checkPart(line: string, part: WordPart | DoubleQuotedChild): void {
  switch (part.type) {
    case 'Literal':
      if (/\\\n/.test(part.text)) refuse(part.pos, part.text, 'a line is continued inside a word');
      if (part.text.includes('$[')) refuse(part.pos, part.text, '$[ is arithmetic to a shell');
      return;
    case 'SingleQuoted':
      return;
    case 'AnsiCQuoted':
      if (!/^\$'(?:[^\\']|\\[nt\\'"])*'$/.test(part.text))
        refuse(part.pos, part.text, "in $'…' only \\n, \\t, \\\\ and quotes are allowed");
      return;
    case 'DoubleQuoted':
      if (part.text.includes('\\\n')) refuse(part.pos, part.text, 'a line is continued inside a word');
      for (const child of part.parts) checkPart(line, child);
      return;
    default:
      refuse(part.pos, line.slice(part.pos, part.end), PROBLEMS[part.type]);
  }
}

const PROBLEMS: Readonly<
  Record<Exclude<WordPart['type'], 'Literal' | 'SingleQuoted' | 'AnsiCQuoted' | 'DoubleQuoted'>, string>
> = {
  ArithmeticExpansion: 'arithmetic is not computed',
  BraceExpansion: 'braces are not expanded; write the words out',
  CommandExpansion: 'the output of a command cannot become arguments; run it by itself first',
  ExtendedGlob: 'patterns are not expanded; use find or list the files by name',
  Glob: 'patterns are not expanded; use find or list the files by name',
  LocaleString: '$"…" is not allowed',
  ParameterExpansion: 'variables are not expanded',
  ProcessSubstitution: 'the output of a command cannot become a file',
  SimpleExpansion: 'variables are not expanded',
};

function refuse(pos: number, part: string, problem: string): never {
  throw new CommandLineError(pos, part, problem, QUOTE);
}
