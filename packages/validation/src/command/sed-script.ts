/**
 * Why a sed script is not allowed, or `undefined` when it neither runs programs nor opens files.
 *
 * Refused are the commands `e`, `r`, `R`, `w` and `W`, the flags `e` and `w` of `s`, and everything this check does
 * not know. Takes linear time.
 */
export function checkSedScript(script: string): string | undefined {
  // Whether a delimiter inside [brackets] ends the expression differs between seds: both readings must be harmless.
  const readings = [new SedScan(script, true).run(), new SedScan(script, false).run()];
  const forbidden = readings.find((outcome) => outcome.kind === 'forbidden');
  if (forbidden) return forbidden.reason;
  if (readings.some((outcome) => outcome.kind === 'fine')) return undefined;
  return readings[0]?.reason;
}

interface Outcome {
  readonly kind: 'fine' | 'forbidden' | 'invalid';
  readonly reason: string;
}

class Refusal extends Error {
  readonly kind: 'forbidden' | 'invalid';
  constructor(kind: 'forbidden' | 'invalid', message: string) {
    super(message);
    this.kind = kind;
  }
}

const FORBIDDEN: Readonly<Record<string, string>> = {
  e: 'runs a program',
  r: 'reads another file',
  R: 'reads another file',
  w: 'writes a file',
  W: 'writes a file',
  v: 'is not known here',
};

class SedScan {
  private at = 0;
  private depth = 0;
  private readonly script: string;
  private readonly knowsBrackets: boolean;

  constructor(script: string, knowsBrackets: boolean) {
    this.script = script;
    this.knowsBrackets = knowsBrackets;
  }

  run(): Outcome {
    try {
      while (this.at < this.script.length) this.command();
      if (this.depth > 0) this.invalid('a { is not closed');
      return { kind: 'fine', reason: '' };
    } catch (error) {
      if (error instanceof Refusal) return { kind: error.kind, reason: error.message };
      throw error;
    }
  }

  private command(): void {
    this.skip(/[\s;]/);
    if (this.at >= this.script.length) return;
    this.addresses();
    const name = this.next();
    const forbidden = Object.hasOwn(FORBIDDEN, name) ? FORBIDDEN[name] : undefined;
    if (forbidden !== undefined) throw new Refusal('forbidden', `the sed command ${name} ${forbidden}`);
    if (name === '{') this.depth++;
    else if (name === '}') {
      if (--this.depth < 0) this.invalid('a } closes nothing');
      this.end();
    } else if (name === '#') this.skip(/[^\n]/);
    else if (name === 's') this.substitute();
    else if (name === 'y') {
      const delimiter = this.delimiter();
      this.delimited(delimiter, false);
      this.delimited(delimiter, false);
      this.end();
    } else if (name === ':' || 'btT'.includes(name)) this.label(name === ':');
    else if ('aic'.includes(name)) this.text();
    else if ('lqQL'.includes(name)) {
      this.skip(/[ \t]/);
      this.skip(/\d/);
      this.end();
    } else if ('pPdDnNgGhHxz=F'.includes(name)) this.end();
    else this.invalid(`the sed command ${JSON.stringify(name)} is not known`);
  }

  private addresses(): void {
    if (this.address()) {
      this.skip(/[ \t]/);
      if (this.peek() === ',') {
        this.at++;
        this.skip(/[ \t]/);
        if (this.peek() === '+' || this.peek() === '~') this.at++;
        if (!this.address()) this.invalid('an address is missing after the comma');
        this.skip(/[ \t]/);
      }
    }
    this.skip(/[ \t!]/);
  }

  private address(): boolean {
    const first = this.peek();
    if (first === '$') {
      this.at++;
      return true;
    }
    if (/\d/.test(first)) {
      this.skip(/[\d~]/);
      return true;
    }
    if (first !== '/' && first !== '\\') return false;
    this.at++;
    this.delimited(first === '/' ? '/' : this.delimiter(), true);
    this.skip(/[IM]/);
    return true;
  }

  private substitute(): void {
    const delimiter = this.delimiter();
    this.delimited(delimiter, true);
    this.delimited(delimiter, false);
    for (; this.at < this.script.length; this.at++) {
      const flag = this.peek();
      if (flag === 'e' || flag === 'w')
        throw new Refusal('forbidden', `the flag ${flag} of s ${FORBIDDEN[flag]}`);
      if (!/[gpiImM\d]/.test(flag)) break;
    }
    this.end();
  }

  private delimiter(): string {
    const delimiter = this.next();
    if (!/[!-[\]-~]/.test(delimiter) || delimiter === '')
      this.invalid('a delimiter must be a printable ASCII character');
    return delimiter;
  }

  /** Up to and with the delimiter. */
  private delimited(delimiter: string, isPattern: boolean): void {
    while (this.at < this.script.length) {
      const character = this.next();
      if (character === delimiter) return;
      if (character === '\\') this.at++;
      else if (character === '\n' && isPattern) break;
      else if (character === '[' && isPattern && this.knowsBrackets) this.brackets();
    }
    this.invalid(`a ${delimiter} is missing`);
  }

  /** The rest of a bracket expression: `]` first is a member, `[:class:]` nests. */
  private brackets(): void {
    if (this.peek() === '^') this.at++;
    if (this.peek() === ']') this.at++;
    while (this.at < this.script.length) {
      const character = this.next();
      if (character === ']') return;
      if (character === '\n') break;
      const kind = this.peek();
      if (character !== '[' || !/[.:=]/.test(kind)) continue;
      const end = this.script.indexOf(`${kind}]`, this.at + 1);
      if (end === -1) break;
      this.at = end + 2;
    }
    this.invalid('a [ is not closed');
  }

  // Some seds read a label to the end of the line. What follows a ; is then no command, and checked for nothing.
  private label(isRequired: boolean): void {
    this.skip(/[ \t]/);
    const from = this.at;
    this.skip(/[\w.-]/);
    if (isRequired && this.at === from) this.invalid('a label is missing');
    this.end();
  }

  /** The text of `a`, `i` and `c`: the rest of the line, or the next line after `a\`. */
  private text(): void {
    this.skip(/[ \t]/);
    if (this.script.startsWith('\\\n', this.at)) this.at += 2;
    const from = this.at;
    this.skip(/[^\n]/);
    // Where a continued text ends differs between seds.
    if (this.script.slice(from, this.at).includes('\\'))
      this.invalid('a \\ in the text of a, i or c is not allowed');
    if (from === this.at) this.invalid('the text of a, i or c is missing');
  }

  private end(): void {
    this.skip(/[ \t]/);
    if (this.at >= this.script.length) return;
    if (!/[;\n}#]/.test(this.peek())) this.invalid(`${JSON.stringify(this.peek())} is not expected here`);
    if (/[;\n]/.test(this.peek())) this.at++;
  }

  private peek(): string {
    return this.script.charAt(this.at);
  }

  private next(): string {
    return this.script.charAt(this.at++);
  }

  private skip(characters: RegExp): void {
    while (this.at < this.script.length && characters.test(this.peek())) this.at++;
  }

  private invalid(reason: string): never {
    throw new Refusal('invalid', reason);
  }
}
