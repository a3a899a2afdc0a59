/** A text as it can be shown to a person who decides about it: in quotes, and nothing in it is invisible. */
export declare function visible(text: string): string;
/** The same for many lines, each with a mark in front, so that none passes for what is written around them. */
export declare function visibleLines(text: string): string;
//# sourceMappingURL=visible.d.ts.map
