/** The value of an expression. */
export interface Calculation {
  /** As a person writes it, with up to 14 significant digits. */
  readonly text: string;
  /** The kind of value: `number`, `Matrix`, `Unit`, … */
  readonly type: string;
  /** The value itself where it is a finite number. */
  readonly number?: number;
}
/** The value, or what is wrong with the expression. */
export default function calculate({ expression }: { readonly expression: string }):
  | Calculation
  | {
      readonly problem: string;
    };
//# sourceMappingURL=expression.d.ts.map
