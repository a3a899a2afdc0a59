import { ToolError } from '../../errors.ts';

/** Something to type: text as it stands, or a key by name, with modifiers: `Enter`, `Ctrl+C`, `Alt+Shift+ArrowUp`. */
export type TerminalInput = { readonly text: string } | { readonly key: string };

/** What a program has asked of the keyboard. */
export interface KeyModes {
  readonly applicationCursorKeys: boolean;
}

/**
 * What a terminal sends for it.
 *
 * @throws {ToolError} `KEY_UNKNOWN`, or `TEXT_NOT_PRINTABLE`: what is typed has to be what one reads.
 */
export function encodeInput(input: TerminalInput, modes: KeyModes): string {
  return 'text' in input ? encodeText(input.text) : encodeKey(input.key, modes);
}

function encodeText(text: string): string {
  // oxlint-disable-next-line eslint/no-control-regex -- they are what is looked for
  if (/[\0-\x08\x0B\x0C\x0E-\x1F\x7F-\x9F]/.test(text))
    throw new ToolError(
      'TEXT_NOT_PRINTABLE',
      'The text contains control characters. Send keys by name instead: { "key": "Ctrl+C" }.',
    );
  return text.replaceAll(/\r\n|\n/g, '\r');
}

/** The final letter of a cursor key. */
const CURSOR: Readonly<Record<string, string>> = {
  ArrowUp: 'A',
  ArrowDown: 'B',
  ArrowRight: 'C',
  ArrowLeft: 'D',
  End: 'F',
  Home: 'H',
};
/** The first four function keys are sent like cursor keys. */
const FUNCTION: Readonly<Record<string, string>> = { F1: 'P', F2: 'Q', F3: 'R', F4: 'S' };
/** The number of an editing key. */
const EDITING: Readonly<Record<string, number>> = {
  Insert: 2,
  Delete: 3,
  PageUp: 5,
  PageDown: 6,
  F5: 15,
  F6: 17,
  F7: 18,
  F8: 19,
  F9: 20,
  F10: 21,
  F11: 23,
  F12: 24,
};
const PLAIN: Readonly<Record<string, string>> = {
  Enter: '\r',
  Tab: '\t',
  Escape: '\x1B',
  Backspace: '\x7F',
  Space: ' ',
};
const ALIASES: Readonly<Record<string, string>> = {
  return: 'Enter',
  esc: 'Escape',
  up: 'ArrowUp',
  down: 'ArrowDown',
  left: 'ArrowLeft',
  right: 'ArrowRight',
  del: 'Delete',
};
const MODIFIERS: Readonly<Record<string, number>> = { shift: 1, alt: 2, ctrl: 4, control: 4 };

const NAMES = [CURSOR, FUNCTION, EDITING, PLAIN].flatMap((keys) => Object.keys(keys));
const BY_LOWER_CASE: ReadonlyMap<string, string> = new Map([
  ...NAMES.map((name) => [name.toLowerCase(), name] as const),
  ...Object.entries(ALIASES),
]);

function encodeKey(combination: string, modes: KeyModes): string {
  // The last plus can be the key itself.
  const parts = combination.match(/^(.*\+)?(.+)$/s);
  const key = parts?.[2] ?? '';
  let modifiers = 0;
  for (const name of (parts?.[1] ?? '').split('+').slice(0, -1)) {
    const modifier = MODIFIERS[name.trim().toLowerCase()];
    if (modifier === undefined) throw unknownKey(combination);
    modifiers |= modifier;
  }
  const name = BY_LOWER_CASE.get(key.toLowerCase());
  const sequence = name === undefined ? encodeCharacter(key, modifiers) : encodeNamed(name, modifiers, modes);
  if (sequence === undefined) throw unknownKey(combination);
  return sequence;
}

function encodeNamed(name: string, modifiers: number, modes: KeyModes): string | undefined {
  const cursor = CURSOR[name];
  const letter = cursor ?? FUNCTION[name];
  if (letter !== undefined) {
    if (modifiers > 0) return `\x1B[1;${modifiers + 1}${letter}`;
    return cursor === undefined || modes.applicationCursorKeys ? `\x1BO${letter}` : `\x1B[${letter}`;
  }
  const number = EDITING[name];
  if (number !== undefined) return modifiers > 0 ? `\x1B[${number};${modifiers + 1}~` : `\x1B[${number}~`;
  if (name === 'Tab' && modifiers === MODIFIERS['shift']) return '\x1B[Z';
  if (name === 'Space') return encodeCharacter(' ', modifiers);
  const plain = PLAIN[name];
  // Ctrl and Shift say nothing on the others; terminals send the same for them.
  return plain !== undefined && (modifiers & 2) > 0 ? `\x1B${plain}` : plain;
}

function encodeCharacter(key: string, modifiers: number): string | undefined {
  if (Array.from(key).length !== 1 || /\p{Cc}/u.test(key)) return undefined;
  const shifted = (modifiers & 1) > 0 ? key.toUpperCase() : key;
  const character = (modifiers & 4) > 0 ? controlCharacter(shifted) : shifted;
  return character !== undefined && (modifiers & 2) > 0 ? `\x1B${character}` : character;
}

function controlCharacter(key: string): string | undefined {
  if (key === ' ') return '\0';
  if (key === '?') return '\x7F';
  const code = key.toUpperCase().codePointAt(0) ?? 0;
  return code >= 0x40 && code <= 0x5f ? String.fromCharCode(code & 0x1f) : undefined;
}

function unknownKey(combination: string): ToolError {
  return new ToolError(
    'KEY_UNKNOWN',
    `There is no key "${combination.slice(0, 40)}". Keys: ${NAMES.join(', ')}, and single characters, with Ctrl+, Alt+ or Shift+ before them.`,
  );
}
