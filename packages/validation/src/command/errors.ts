/** A policy document or rule that makes no sense. `code` is `INVALID_POLICY`; the message names the place. */
export class CommandPolicyError extends Error {
  override readonly name = 'CommandPolicyError';
  readonly code = 'INVALID_POLICY';
}

/**
 * A command line that is more than programs with plain arguments. `code` is `COMMAND_LINE_NOT_ALLOWED`; the message
 * names the part, its place, and what would be allowed.
 */
export class CommandLineError extends Error {
  override readonly name = 'CommandLineError';
  readonly code = 'COMMAND_LINE_NOT_ALLOWED';
  /** Where the part starts: UTF-16 code units from the start of the line. */
  readonly offset: number;
  /** The part that is not allowed, shortened to 60 characters, control characters escaped. */
  readonly part: string;

  constructor(offset: number, part: string, problem: string, help: string) {
    const shown = printable(part);
    super(`Character ${offset + 1}, ${shown}: ${problem}. ${help}`);
    this.offset = offset;
    this.part = shown;
  }
}

const MAX_SHOWN = 60;

/** Text that can stand in a message: quoted, in one line, nothing invisible, at most 60 characters. */
export function printable(text: string): string {
  const short = text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN - 1)}…` : text;
  return JSON.stringify(short).replace(
    /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u{a0}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}
