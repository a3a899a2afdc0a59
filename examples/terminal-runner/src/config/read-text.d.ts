import type { Field } from './fields.ts';
/**
 * Turns the texts given for a setting into the value its schema expects. A text that does not fit comes back as it
 * is: the schema refuses it, with the text in the message.
 *
 * @param texts - one for a variable, one for each use of a flag.
 * @param directory - what a relative path starts from.
 */
export declare function readText(field: Field, texts: readonly string[], directory: string): unknown;
/** Resolves the value of a path setting, or the items of a list of them; leaves every other value alone. */
export declare function readPath(field: Field, value: unknown, directory: string): unknown;
/** The items of a list in one text, which is how the environment writes it. */
export declare function splitList(text: string): string[];
//# sourceMappingURL=read-text.d.ts.map
