import type { Redactor } from './redactor.ts';

/** Masks a text that comes in pieces, however it was cut. */
export interface RedactionStream {
  /** What can be shown by now. What may be the start of a secret waits for the next piece. */
  write(piece: string): string;
  /** What was still held back. */
  end(): string;
}

/** Characters held back before the text is cut where nothing says that it may be. */
const MAX_HELD = 65_536;
/** Of these, the end that may be a secret whose form cannot be told yet. */
const UNDECIDED = 16_384;
/** Steps back from the end of a text to where it can be cut. */
const MAX_STEPS = 32;

/**
 * Masks like {@link Redactor.text}, piece by piece: whole words, and what may span words (private keys, the token after
 * "Bearer", exact secrets with white space) in one go. Where patterns of your own may match white space, whole lines:
 * in a stream such a match has to lie within one line.
 */
export function redactionStream(redactor: Redactor): RedactionStream {
  const { phrases, lines } = redactor.reach;
  const gap = lines ? /\n/ : /\s/;
  let held = '';
  /** In the rest of a secret that was too long to wait for its end. */
  let isSwallowing = false;

  function write(piece: string): string {
    let rest = piece;
    if (isSwallowing) {
      const end = rest.search(gap);
      if (end < 0) return '';
      isSwallowing = false;
      rest = rest.slice(end);
    }
    held += rest;
    // Words without an end are put off, not looked at again with each of their letters.
    const cut = gap.test(rest) ? safeCut(held) : 0;
    if (cut > 0) return release(cut);
    return held.length > MAX_HELD ? releaseLongWord() : '';
  }

  function release(cut: number): string {
    const shown = redactor.text(held.slice(0, cut));
    held = held.slice(cut);
    return shown;
  }

  function safeCut(text: string): number {
    const mayHoldKey = text.includes(KEY_START);
    let cut = lastGap(text, text.length);
    // Text can be made so that each cut is followed by another one; then more of it is waited for.
    for (let step = 0; step < MAX_STEPS && cut > 0; step++) {
      const starts = phrases.map((phrase) => startOfPhrase(text, cut, phrase));
      starts.push(startOfToken(text, cut));
      if (mayHoldKey) starts.push(startOfKey(text, cut));
      const start = Math.min(...starts.filter((found) => found !== undefined));
      if (start === Infinity) return cut;
      cut = lastGap(text, start);
    }
    return 0;
  }

  /** The index after the last gap that ends at `end` or before. */
  function lastGap(text: string, end: number): number {
    if (lines) return text.lastIndexOf('\n', end - 1) + 1;
    let index = end;
    while (index > 0 && !isSpace(text.charCodeAt(index - 1))) index -= 1;
    return index;
  }

  function releaseLongWord(): string {
    const whole = redactor.text(held);
    // Nothing spans a cut that changes nothing.
    for (let from = held.length - UNDECIDED; from > 0; from -= UNDECIDED) {
      const cut = isLeadSurrogate(held, from - 1) ? from - 1 : from;
      if (redactor.text(held.slice(0, cut)) + redactor.text(held.slice(cut)) === whole) return release(cut);
    }
    held = '';
    isSwallowing = true;
    return whole;
  }

  return {
    write,
    end() {
      const last = held;
      held = '';
      return redactor.text(last);
    },
  };
}

const TOKEN_AHEAD = /(?<!\w)(?:bearer|basic|token)[ \t]{1,4}$/i;
/** Long enough for the name, the spaces, and what stands before. */
const TOKEN_NAME_CHARS = 16;
const TOKEN = /(?:bearer|basic|token)[ \t]{1,4}(?:[\w.~+/-]{16}|[\w.~+/-]*$)/iy;

/** `Bearer`, whose token is behind the cut or has not come yet. */
function startOfToken(text: string, cut: number): number | undefined {
  const from = Math.max(0, cut - TOKEN_NAME_CHARS);
  const index = text.slice(from, cut).search(TOKEN_AHEAD);
  if (index < 0) return undefined;
  TOKEN.lastIndex = from + index;
  return TOKEN.test(text) ? from + index : undefined;
}

const KEY_START = '-----BEGIN ';
const KEY =
  /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?:[^-]|-(?!----)){0,32768}(-----END [A-Z0-9 ]{0,40}-----)?/y;
const PARTIAL_HEADER = /^-----BEGIN [A-Z0-9 ]{0,59}-{0,4}$/;
const PARTIAL_FOOTER = /^-{5}(?:E|EN|END|END [A-Z0-9 ]{0,40}-{0,4})?$/;

/** A private key that goes on behind the cut. */
function startOfKey(text: string, cut: number): number | undefined {
  const start = text.lastIndexOf(KEY_START, cut - 1);
  if (start < 0) return undefined;
  KEY.lastIndex = start;
  const match = KEY.exec(text);
  if (!match) return PARTIAL_HEADER.test(text.slice(start, start + 80)) ? start : undefined;
  const end = start + match[0].length;
  const goesOn = end > cut || (match[1] === undefined && mayGoOn(text.slice(end, end + 64)));
  return goesOn ? start : undefined;
}

function mayGoOn(rest: string): boolean {
  return rest === '' || PARTIAL_FOOTER.test(rest);
}

/** An exact secret that lies across the cut, as a whole or with its start. */
function startOfPhrase(text: string, cut: number, phrase: string): number | undefined {
  const first = phrase.charAt(0);
  let start = text.indexOf(first, Math.max(0, cut - phrase.length + 1));
  while (start >= 0 && start < cut) {
    if (phrase.startsWith(text.slice(start, start + phrase.length))) return start;
    start = text.indexOf(first, start + 1);
  }
  return undefined;
}

function isSpace(code: number): boolean {
  if (code < 0x80) return code === 0x20 || (code >= 0x09 && code <= 0x0d);
  return /\s/.test(String.fromCharCode(code));
}

function isLeadSurrogate(text: string, index: number): boolean {
  const code = text.charCodeAt(index);
  return code >= 0xd800 && code < 0xdc00;
}
