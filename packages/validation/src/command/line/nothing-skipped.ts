import { forEachChild, type Script, type SyntaxNode } from 'unbash';
import { CommandLineError } from '../errors.ts';

/**
 * Makes sure that between the words of a line there is nothing but spaces, operators and comments: a parser that
 * recovers from mistakes may leave characters out without saying so.
 *
 * @throws {CommandLineError} naming what was left out.
 */
export function assertNothingSkipped(line: string, script: Script): void {
  const ranges: { readonly pos: number; readonly end: number }[] = [];
  collect(script, ranges);
  let at = 0;
  for (const { pos, end } of [
    ...ranges.toSorted((a, b) => a.pos - b.pos),
    { pos: line.length, end: line.length },
  ]) {
    const gap = line.slice(at, pos);
    if (!/^(?:[ \t\n;]|&&|\|\|?|\\\n|(?<![^ \t\n;&|])#[^\n]*(?:\n|$))*$/.test(gap))
      throw new CommandLineError(at, gap.trim(), 'this has no meaning here', 'Put text in quotes.');
    at = end;
  }
}

function collect(node: SyntaxNode, ranges: { readonly pos: number; readonly end: number }[]): void {
  if (node.type === 'Word' || node.type === 'Redirect') ranges.push(node);
  else forEachChild(node, (child) => collect(child, ranges));
}
