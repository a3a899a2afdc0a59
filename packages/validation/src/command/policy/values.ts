import { printable } from '../errors.ts';
import type { PathOperand } from './decision.ts';
import { valueKindSchema, type ValueKind } from './schema.ts';

/** What an option takes, or an operand is: a kind or one of a list of words. */
export type ValueShape = { readonly kind: ValueKind } | { readonly choices: readonly string[] };

/** Reads `number`, `read` or `always|never`; `undefined` when it is neither. */
export function parseValueShape(text: string): ValueShape | undefined {
  if (text.includes('|')) return { choices: text.split('|') };
  const kind = valueKindSchema.safeParse(text);
  return kind.success ? { kind: kind.data } : undefined;
}

/** How a shape is shown in a message. */
export function shapeName(shape: ValueShape): string {
  return 'choices' in shape ? shape.choices.join('|') : shape.kind;
}

const FORMS: Partial<Record<ValueKind, { readonly form: RegExp; readonly name: string }>> = {
  number: { form: /^\d{1,18}$/, name: 'a number' },
  integer: { form: /^[+-]?\d{1,18}$/, name: 'a whole number' },
  count: {
    form: /^[+-]?\d{1,18}(?:\.\d{1,9})?(?:[kKMGTPE](?:i?B)?|[bcwBsmhd%])?$/,
    name: 'a number such as 20, +5 or 10K',
  },
  word: { form: /^(?!-)[\w.,:@/+=^~-]{1,200}$/, name: 'a plain word' },
  format: { form: /^\+/, name: 'a format that starts with +' },
  revision: { form: /^[^-]/, name: 'a revision' },
  refspec: { form: /^[^-+]/, name: 'a revision, and not forced by a leading "+"' },
  // http.<address>.extraHeader, url.<address>.insteadOf and their like carry tokens.
  setting: {
    form: /^(?!(?:http|credential|url|sendemail)\.)[a-z][\w-]*\.[\w.,:@/+=~-]{1,200}$/i,
    name: 'the name of a setting that holds no credentials, such as user.name',
  },
  // Imports stand at the start of a program, after comments. They read files next to it, or anywhere.
  jq: {
    form: /^(?!\s*(?:#|import\b|include\b|module\b))(?![^]*\bmodulemeta\b)/,
    name: 'a filter that imports nothing and does not start with a comment',
  },
  remote: {
    form: /^(?:(?!-)(?!.*\.\.)[\w.-]+|https:\/\/[^\s:@/-][^\s]*|ssh:\/\/(?!-)[^\s]+|git@(?!-)[\w.-]+:(?!-)[^\s]+)$/,
    name: 'the name of a remote, or an https://, ssh:// or git@host: address',
  },
};

const PATH_ACCESS: Partial<Record<ValueKind, PathOperand['access']>> = {
  read: 'read',
  entry: 'read',
  script: 'read',
  directory: 'read',
  tree: 'read',
  write: 'write',
  remove: 'remove',
};

/** How a path of this kind is used; `undefined` when it is no path. */
export function pathAccess(shape: ValueShape): PathOperand['access'] | undefined {
  return 'choices' in shape ? undefined : PATH_ACCESS[shape.kind];
}

/** The end of the sentence "… must be …, not this", or `undefined` when the value has its form. */
export function checkValue(shape: ValueShape, value: string): string | undefined {
  if ('choices' in shape)
    return shape.choices.includes(value) ? undefined : `must be one of ${shape.choices.join(', ')}`;
  const { kind } = shape;
  if (PATH_ACCESS[kind] !== undefined) return checkPath(kind, value);
  const expected = FORMS[kind];
  if (expected && !expected.form.test(value)) return `must be ${expected.name}`;
  if ((kind === 'revision' || kind === 'refspec') && startsWithDashLike(value)) return dashLike(value);
  return undefined;
}

function checkPath(kind: ValueKind, value: string): string | undefined {
  if (value === '') return 'must not be empty';
  if (/\p{Cc}/u.test(value)) return 'must not hold control characters';
  if (kind === 'entry' && /(?:^|\/)\.\.?\/*$/.test(value)) return 'must end in a name';
  if (kind === 'script' && value === '-') return 'must be a file; "-" would run what comes in on stdin';
  if (startsWithDashLike(value)) return dashLike(value);
  return undefined;
}

// Copied from a page that turned "-" into a typographic dash: never what was meant.
function startsWithDashLike(value: string): boolean {
  return /^[\u2010-\u2015\u2212\ufe58\ufe63\uff0d\u00ad]/.test(value);
}

function dashLike(value: string): string {
  return `must not start with ${printable(value.charAt(0))} (U+${value.charCodeAt(0).toString(16).toUpperCase()}); options start with "-"`;
}
