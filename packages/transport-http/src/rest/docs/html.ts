/** Text that is HTML already. Only {@link markup} makes it. */
export class Html {
  readonly #text: string;

  /** Use {@link markup}. */
  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

/** What can be filled in. */
type Fill = Html | string | number | boolean | undefined | readonly Fill[];

/** HTML with values filled in: escaped, unless they are HTML themselves. Lists are joined, `undefined` is left out. */
export function markup(strings: TemplateStringsArray, ...values: readonly Fill[]): Html {
  return new Html(strings.reduce((text, part, index) => text + render(values[index - 1]) + part));
}

/** What must not be escaped: styles of our own. */
export function trusted(text: string): Html {
  return new Html(text);
}

function render(value: Fill): string {
  if (value === undefined || value === false) return '';
  if (value instanceof Html) return value.toString();
  return typeof value === 'object' ? value.map(render).join('') : escape(String(value));
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escape(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character]!);
}
