import type { HttpHeaders } from '../endpoint/message.ts';
import { problem, type Problem } from '../beside/problem.ts';

/** What a request ends with. */
export interface Answer {
  readonly status: number;
  readonly headers: HttpHeaders;
  /** JSON; of a failure a {@link Problem}. */
  readonly body: unknown;
}

/** Ends a request with a problem. */
export class Refusal extends Error {
  readonly answer: Answer;

  constructor(told: Problem, headers: HttpHeaders = {}) {
    super(told.detail);
    this.answer = { status: told.status, headers, body: told };
  }
}

/** A request that is not in order. */
export function badRequest(
  code: string,
  detail: string,
  extensions: Readonly<Record<string, unknown>> = {},
): Refusal {
  return new Refusal(problem(400, code, detail, extensions));
}

export function failed(
  status: number,
  code: string,
  detail: string,
  extensions: Readonly<Record<string, unknown>> = {},
  headers: HttpHeaders = {},
): Answer {
  return { status, headers, body: problem(status, code, detail, extensions) };
}
