import { CommandLineError } from '../errors.ts';

const HIDDEN: readonly (readonly [RegExp, string])[] = [
  [/\p{Cs}/u, 'is half a character'],
  [/\r/, 'is a carriage return'],
  [/(?![\t\n])\p{Cc}/u, 'is a control character'],
  [
    /[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/,
    'is invisible or turns the direction of text',
  ],
  [/[\u00a0\u1680\u180e\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/, 'looks like a space but is none'],
];

/** @throws {CommandLineError} when a line holds characters that hide what it says. */
export function assertVisible(line: string): void {
  for (const [form, problem] of HIDDEN) {
    const at = line.search(form);
    if (at !== -1)
      throw new CommandLineError(
        at,
        line.charAt(at),
        `the character ${problem}`,
        'Allowed: printable characters, spaces, tabs and line ends.',
      );
  }
}
