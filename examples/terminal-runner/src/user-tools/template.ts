/** A text with placeholders: pieces of text, and the parameters between them. */
export type Template = readonly (string | { readonly parameter: string })[];

/** A value that a model passed. */
export type Value = string | number | boolean;

/** What a model passed, by parameter. One that is missing has no property of its own. */
export type Values = Readonly<Record<string, Value | undefined>>;

/**
 * Reads a text in which `{name}` stands for a parameter, `{{` and `}}` for the characters.
 *
 * @returns the pieces, or in `problem` the end of a sentence about the text.
 */
export function readTemplate(text: string): { template: Template } | { problem: string } {
  const template: (string | { parameter: string })[] = [];
  let plain = '';
  for (const [piece, name] of text.matchAll(PIECES)) {
    if (name !== undefined) {
      if (plain !== '') template.push(plain);
      template.push({ parameter: name });
      plain = '';
    } else if (piece === '{' || piece === '}')
      return {
        problem: `has a ${piece} that is part of no placeholder; write ${piece}${piece} for the character`,
      };
    else plain += piece === '{{' ? '{' : piece === '}}' ? '}' : piece;
  }
  if (plain !== '') template.push(plain);
  return { template };
}

/** Only for texts that {@link readTemplate} took before. */
export function templateOf(text: string): Template {
  const read = readTemplate(text);
  if ('problem' in read) throw new TypeError(`${JSON.stringify(text)} ${read.problem}`);
  return read.template;
}

/** The text with the values in it, or `undefined` when one of them is missing. */
export function fillTemplate(template: Template, values: Values): string | undefined {
  let text = '';
  for (const piece of template) {
    const value = typeof piece === 'string' ? piece : valueOf(values, piece.parameter);
    if (value === undefined) return undefined;
    text += String(value);
  }
  return text;
}

/** The value of a parameter; `undefined` when it was left out. */
export function valueOf(values: Values, parameter: string): Value | undefined {
  return Object.hasOwn(values, parameter) ? values[parameter] : undefined;
}

/** The parameters a template names. */
export function parametersIn(template: Template): string[] {
  return template.flatMap((piece) => (typeof piece === 'string' ? [] : [piece.parameter]));
}

const PIECES = /\{\{|\}\}|\{([A-Za-z][A-Za-z0-9_]*)\}|[{}]|[^{}]+/g;
