/** A text as it can be shown to a person who decides about it: in quotes, and nothing in it is invisible. */
export function visible(text: string): string {
  return JSON.stringify(text).replaceAll(INVISIBLE, escaped);
}

/** The same for many lines, each with a mark in front, so that none passes for what is written around them. */
export function visibleLines(text: string): string {
  return text
    .split('\n')
    .map((line) => `| ${line.replaceAll(INVISIBLE, (found) => (found === '\t' ? found : escaped(found)))}`)
    .join('\n');
}

// Controls, directions, joiners, blanks that are not the usual one, halves of characters.
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}\u115F\u1160\u3164\uFFA0]|(?! )\p{Zs}/gu;

function escaped(character: string): string {
  return `\\u{${character.codePointAt(0)?.toString(16)}}`;
}
