import type { Redactor } from '@toolyard/core/process';

/** A command as a log may show it. */
export interface RedactedCommand {
  /** The program and its arguments, secrets masked, long ones shortened. */
  readonly command: readonly string[];
  /** Whether something was masked. */
  readonly hasSecrets: boolean;
}

const MAX_SHOWN = 1_000;
const MAX_ITEMS = 128;
const MAX_CHARACTERS = 16_000;
/** Masked before it is shortened: half a secret is not recognised. Longer than any. */
const MAX_READ = 64 * 1024;

/**
 * Masks what looks like a secret, and the values of options that are named like one: `--password x`, `--api-key=x`.
 */
export function redactCommand(
  { program, args }: { readonly program: string; readonly args: readonly string[] },
  redactor: Redactor,
): RedactedCommand {
  const items = [program, ...args].slice(0, MAX_ITEMS).map((item) => item.slice(0, MAX_READ));
  const masked = items.map((item, index) => maskItem(item, items[index - 1], redactor));
  const command: string[] = [];
  let left = MAX_CHARACTERS;
  for (const item of masked) {
    if (left <= 0) break;
    command.push(shortened(item));
    left -= command.at(-1)!.length;
  }
  const missing = args.length + 1 - command.length;
  return {
    command: missing > 0 ? [...command, `… ${missing} more`] : command,
    hasSecrets: masked.some((item, index) => item !== items[index]),
  };
}

/** For a log: masked, and at most 1,000 characters. */
export function redactText(text: string, redactor: Redactor): string {
  return shortened(redactor.text(text.slice(0, MAX_READ)));
}

function maskItem(item: string, before: string | undefined, redactor: Redactor): string {
  const [, option, value] = /^(-{1,2}[\w.-]+=)(.*)$/s.exec(item) ?? [];
  if (option !== undefined && value !== undefined) return option + maskValue(option, value, redactor);
  const isValue = before !== undefined && /^-{1,2}[\w.-]+$/.test(before) && !item.startsWith('-');
  if (isValue) return maskValue(before, item, redactor);
  // Patterns begin at the start of a word, which a dash is part of.
  const [dashes = ''] = /^-*/.exec(item) ?? [];
  return dashes + redactor.text(item.slice(dashes.length));
}

function maskValue(option: string, value: string, redactor: Redactor): string {
  const words = option
    .replace(/^-+|=$/g, '')
    .split(/[-_.]/)
    .slice(-MAX_WORDS);
  // `--github-access-token`: what it is stands at the end.
  for (const start of words.keys()) {
    const name = words.slice(start).join('-');
    const masked = redactor.value({ [name]: value }, { keys: true });
    if (masked[name] !== value) return masked[name] ?? '';
  }
  return redactor.text(value);
}

const MAX_WORDS = 8;

function shortened(text: string): string {
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}… (${text.length} characters)` : text;
}
