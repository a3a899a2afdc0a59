// oxlint-disable eslint/no-control-regex -- control characters are what this is about

/** Takes the control sequences of terminals out of a text that comes in pieces. */
export interface EscapeStripper {
  /** The piece without them; the start of one waits for the next piece. */
  write(piece: string): string;
}

const INTRODUCER = /[\x07\x1B\x80-\x9F]/g;

// ECMA-48: a control sequence; a string (title, link) with its end in the same line; a single escape or control. A
// string without an end loses its introducer only: what follows is more likely text.
const SEQUENCE =
  /(?:\x1B\[|\x9B)[0-?]{0,256}[ -/]{0,16}[@-~]|(?:\x1B[\]PX^_]|[\x90\x98\x9D-\x9F])[^\x07\x1B\x9C\n]{0,4096}(?:\x07|\x1B\\|\x9C)|\x1B[ -/]{0,16}[0-~]|[^]/y;

/** What the next piece may complete. */
const INCOMPLETE =
  /(?:(?:\x1B\[|\x9B)[0-?]{0,256}[ -/]{0,16}|(?:\x1B[\]PX^_]|[\x90\x98\x9D-\x9F])[^\x07\x1B\x9C\n]{0,4096}\x1B?|\x1B[ -/]{0,16})$/y;

/** Strips colours, cursor movement, titles, links and bells, the same however the text was cut. */
export function escapeStripper(): EscapeStripper {
  let held = '';
  return {
    write(piece) {
      const text = held + piece;
      held = '';
      let kept = '';
      let from = 0;
      for (let at = find(INTRODUCER, text, 0); at >= 0; at = find(INTRODUCER, text, from)) {
        kept += text.slice(from, at);
        if (lengthAt(INCOMPLETE, text, at) > 0) {
          held = text.slice(at);
          return kept;
        }
        from = at + lengthAt(SEQUENCE, text, at);
      }
      return from === 0 ? text : kept + text.slice(from);
    },
  };
}

function find(expression: RegExp, text: string, from: number): number {
  expression.lastIndex = from;
  return expression.exec(text)?.index ?? -1;
}

function lengthAt(expression: RegExp, text: string, at: number): number {
  expression.lastIndex = at;
  return expression.exec(text)?.[0].length ?? 0;
}
