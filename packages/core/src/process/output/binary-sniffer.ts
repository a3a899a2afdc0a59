/** Tells from its start whether a stream is text. */
export interface BinarySniffer {
  write(decoded: string): void;
  readonly isBinary: boolean;
}

const LOOKED_AT = 8_192;
/** A few characters of another encoding do not make a text binary. */
const MIN_BROKEN = 8;

/** Looks at the first 8 Ki characters: text has no NUL, and is valid UTF-8 for nine tenths at least. */
export function binarySniffer(): BinarySniffer {
  let seen = 0;
  let broken = 0;
  let hasNul = false;
  return {
    write(decoded) {
      const end = Math.min(decoded.length, LOOKED_AT - seen);
      for (let index = 0; index < end; index++) {
        const code = decoded.charCodeAt(index);
        if (code === 0) hasNul = true;
        else if (code === 0xfffd) broken += 1;
      }
      seen += end;
    },
    get isBinary() {
      return hasNul || (broken >= MIN_BROKEN && broken * 10 > seen);
    },
  };
}
