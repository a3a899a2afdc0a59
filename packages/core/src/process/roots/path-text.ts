import { ToolError } from '../../errors.ts';
import { fileError, quote } from './file-errors.ts';
import type { FilePlatform } from './platform.ts';

const MAX_LENGTH = 4_096;

/**
 * Refuses what cannot be a path, or would not be the path it looks like: empty, too long, with control or direction
 * characters, with half characters, `~` for a home, and what Windows reads in a way of its own.
 *
 * @throws {ToolError} `PATH_INVALID`.
 */
export function checkPathText(text: string, platform: FilePlatform): void {
  if (text === '' || text.length > MAX_LENGTH)
    throw new ToolError('PATH_INVALID', `A path has 1 to ${MAX_LENGTH} characters, not ${text.length}.`);
  const reason = UNUSABLE.find(([pattern]) => pattern.test(text))?.[1];
  if (reason) throw fileError('PATH_INVALID', text, reason);
  if (platform.path.sep !== '\\') return;
  for (const name of text.replace(/^[A-Za-z]:/, '').split(/[\\/]/)) {
    const strange = name !== '.' && name !== '..' && WINDOWS.find(([pattern]) => pattern.test(name))?.[1];
    if (strange) throw new ToolError('PATH_INVALID', `The name ${quote(name)} ${strange} on Windows.`);
  }
}

/**
 * A name for comparing with protected ones: without case, without characters nobody sees, without the ends Windows
 * drops. It is not a name to open.
 */
export function foldName(name: string): string {
  return (
    name
      .normalize('NFKC')
      .replaceAll(/\p{Default_Ignorable_Code_Point}/gu, '')
      // Upwards first: some letters have two small forms.
      .toUpperCase()
      .toLowerCase()
      .replace(/(?<=[^. ])[. ]+$/, '')
  );
}

/** The path as written and in the other two spellings accents have, which look the same and are other names. */
export function spellingsOf(path: string): readonly string[] {
  // oxlint-disable-next-line no-control-regex -- all of ASCII, which has one spelling
  if (/^[\0-\x7f]*$/.test(path)) return [path];
  return [...new Set([path, path.normalize('NFC'), path.normalize('NFD')])];
}

const UNUSABLE: readonly (readonly [RegExp, string])[] = [
  [/\0/, 'contains a NUL character'],
  [/\p{Cc}/u, 'contains a control character'],
  [/[\u202A-\u202E\u2066-\u2069]/, 'contains a character that changes the direction of writing'],
  [/\p{Cs}/u, 'contains half of a character'],
  [/^~($|[\\/])/, 'starts with "~", which is not expanded here; write ./~ for a file of that name'],
];

const WINDOWS: readonly (readonly [RegExp, string])[] = [
  [/[. ]$/, 'ends with a dot or a space, which is dropped'],
  [/^(con|prn|aux|nul|com[\d¹²³]|lpt[\d¹²³]|conin\$|conout\$)(\.|$)/i, 'is a device'],
  [/[<>:"|?*]/, 'contains a character that has another meaning'],
  [/~\d/, 'may be the short form of another name'],
];
