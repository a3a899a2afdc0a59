import type { HttpHeaders, Reply } from '../endpoint/message.ts';

/**
 * A failure as RFC 9457 has it, with a stable `code` for programs beside the sentence for people.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9457
 */
export interface Problem {
  /** The phrase of the status. */
  readonly title: string;
  readonly status: number;
  /** What happened and what helps. */
  readonly detail: string;
  /** `INVALID_ARGUMENTS`, `TOOL_NOT_FOUND`, `LIMIT_EXCEEDED`, … or the code a tool fails with. */
  readonly code: string;
  readonly [extension: string]: unknown;
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  409: 'Conflict',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  499: 'Client Closed Request',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};

/** @param extensions - further members; those that are `undefined` are left out. */
export function problem(
  status: number,
  code: string,
  detail: string,
  extensions: Readonly<Record<string, unknown>> = {},
): Problem {
  const members = Object.entries(extensions).filter(([, value]) => value !== undefined);
  return { title: titleOf(status), status, detail, code, ...Object.fromEntries(members) };
}

function titleOf(status: number): string {
  return TITLES[status] ?? 'Error';
}

export const PROBLEM_TYPE = 'application/problem+json';

export function sendProblem(reply: Reply, told: Problem, headers: HttpHeaders): void {
  const own = { 'cache-control': 'no-store', ...headers, 'content-type': PROBLEM_TYPE };
  reply.send(told.status, own, JSON.stringify(told));
}
