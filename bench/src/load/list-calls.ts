import type { Answer } from './answer.ts';
import { type Calls, nextId } from './calls.ts';
import { envelope, requestHeaders } from './eras.ts';
import { messageOf } from './message.ts';

/**
 * `tools/list` for all tools at once.
 *
 * The first answer is read and must hold that many tools, `echo` among them; all later ones must be the same but for
 * their id. One `Calls` is for one server and one era.
 */
export function listCalls(tools: number): Calls {
  let expected: Around | undefined;
  return {
    headers: (era, session) => requestHeaders(era, 'tools/list', session),
    next(era) {
      const id = nextId();
      return {
        body: JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/list', params: envelope(era) }),
        faultOf(answer) {
          if (expected)
            return isAround(answer.body, id, expected)
              ? undefined
              : `another list than at first: ${cut(answer.body)}`;
          const fault = faultOfFirst(answer, id, tools);
          if (fault === undefined) expected = around(answer.body, id);
          return fault;
        },
      };
    },
  };
}

interface ListAnswer {
  id?: number;
  result?: { tools?: { name: string; inputSchema: object }[] };
}

function faultOfFirst({ status, body }: Answer, id: number, tools: number): string | undefined {
  if (status !== 200) return `status ${status}: ${cut(body)}`;
  const message = messageOf(body) as ListAnswer | undefined;
  if (!message) return `no JSON-RPC message: ${cut(body)}`;
  if (message.id !== id) return `id ${message.id} instead of ${id}`;
  const listed = message.result?.tools?.filter(({ inputSchema }) => 'properties' in inputSchema) ?? [];
  if (listed.length !== tools) return `${listed.length} tools instead of ${tools}: ${cut(body)}`;
  return listed.some(({ name }) => name === 'echo') ? undefined : `no echo in the list: ${cut(body)}`;
}

/** What stands before and after the id of an answer. */
interface Around {
  before: string;
  after: string;
}

function around(body: string, id: number): Around {
  const member = `"id":${id}`;
  const at = body.indexOf(member);
  return { before: body.slice(0, at), after: body.slice(at + member.length) };
}

function isAround(body: string, id: number, { before, after }: Around): boolean {
  const member = `"id":${id}`;
  return (
    body.length === before.length + member.length + after.length &&
    body.startsWith(before) &&
    body.startsWith(member, before.length) &&
    body.endsWith(after)
  );
}

function cut(body: string): string {
  return body.length > 300 ? `${body.slice(0, 300)} …` : body;
}
