import type { JsonObject, ToolDescription } from '@toolyard/core/protocol';

import type { Visit } from '../beside/front.ts';
import { Refusal } from './answer.ts';
import { ask, type RestServing } from './call.ts';
import { outcomeOfError } from './outcome.ts';
import { problem, type Problem } from '../beside/problem.ts';

/** A page of the tools that the caller may see. */
export interface ToolPage {
  readonly tools: readonly ToolDescription[];
  readonly nextCursor?: string;
}

/** More pages than this are not gathered for one document. */
const MAX_PAGES = 100;

/** @throws {Refusal} */
export async function listPage(serving: RestServing, visit: Visit, cursor?: string): Promise<ToolPage> {
  const params: JsonObject = cursor === undefined ? {} : { cursor };
  const response = await ask(serving, visit, 'tools/list', params);
  if (response === undefined) throw new Refusal(problem(499, 'CANCELLED', 'The request was given up.'));
  if ('error' in response) {
    const { body, headers } = outcomeOfError(response.error);
    throw new Refusal(body as Problem, headers);
  }
  const { tools, nextCursor } = response.result as unknown as ToolPage;
  return { tools, ...(nextCursor !== undefined && { nextCursor }) };
}

/**
 * All tools the caller may see.
 *
 * @throws {Refusal}
 */
export async function listAll(serving: RestServing, visit: Visit): Promise<readonly ToolDescription[]> {
  let page = await listPage(serving, visit);
  // The same array as long as nothing changes, so that what was made of it can be kept.
  if (page.nextCursor === undefined) return page.tools;
  const tools = [...page.tools];
  for (let pages = 1; page.nextCursor !== undefined && pages < MAX_PAGES; pages += 1) {
    page = await listPage(serving, visit, page.nextCursor);
    tools.push(...page.tools);
  }
  return tools;
}
