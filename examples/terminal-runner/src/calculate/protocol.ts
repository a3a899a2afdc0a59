/** What the worker is asked. */
export interface CalculationRequest {
  readonly id: number;
  readonly expression: string;
}

/** What the worker says: once that it has loaded, then one answer for each request. */
export type CalculationReply =
  | { readonly type: 'ready' }
  | { readonly type: 'result'; readonly id: number; readonly result: Calculation }
  | { readonly type: 'failure'; readonly id: number; readonly message: string };

/** The value of an expression. */
export interface Calculation {
  /** As a person writes it, with up to 14 significant digits. */
  readonly text: string;
  /** The kind of value: `number`, `Matrix`, `Unit`, … */
  readonly type: string;
  /** The value itself where it is a finite number. */
  readonly number?: number;
}
