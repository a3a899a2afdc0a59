/** A text with placeholders: pieces of text, and the parameters between them. */
export type Template = readonly (
  | string
  | {
      readonly parameter: string;
    }
)[];
/** A value that a model passed. */
export type Value = string | number | boolean;
/** What a model passed, by parameter. One that is missing has no property of its own. */
export type Values = Readonly<Record<string, Value | undefined>>;
/**
 * Reads a text in which `{name}` stands for a parameter, `{{` and `}}` for the characters.
 *
 * @returns the pieces, or in `problem` the end of a sentence about the text.
 */
export declare function readTemplate(text: string):
  | {
      template: Template;
    }
  | {
      problem: string;
    };
/** Only for texts that {@link readTemplate} took before. */
export declare function templateOf(text: string): Template;
/** The text with the values in it, or `undefined` when one of them is missing. */
export declare function fillTemplate(template: Template, values: Values): string | undefined;
/** The value of a parameter; `undefined` when it was left out. */
export declare function valueOf(values: Values, parameter: string): Value | undefined;
/** The parameters a template names. */
export declare function parametersIn(template: Template): string[];
//# sourceMappingURL=template.d.ts.map
