import type { Answer } from './answer.ts';
import { envelope, type Era } from './eras.ts';

/** One `tools/call` of `echo` and what must come back. */
export interface EchoCall {
  id: number;
  text: string;
  body: string;
}

const echoBytes = 52;

let lastId = 0;

/** A call no other call equals: an answer meant for another one, or kept from before, is found out. */
export function echoCall(era: Era): EchoCall {
  const id = ++lastId;
  const text = String(id).padStart(echoBytes, 'x');
  const params = { name: 'echo', arguments: { text }, ...envelope(era) };
  return { id, text, body: JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params }) };
}

/** What is wrong with the answer, or `undefined` if nothing is. */
export function faultOf(answer: Answer, { id, text }: EchoCall): string | undefined {
  if (answer.status !== 200) return `status ${answer.status}: ${answer.body}`;
  const message = messageOf(answer.body);
  if (!message) return `no JSON-RPC message: ${answer.body}`;
  if (message.id !== id) return `id ${message.id} instead of ${id}`;
  const { result } = message;
  if (!result || result.isError) return `no result: ${answer.body}`;
  if (result.structuredContent?.text !== text) return `wrong structuredContent: ${answer.body}`;
  const [block, ...more] = Array.isArray(result.content) ? result.content : [];
  const isSameText = block?.type === 'text' && block.text === JSON.stringify({ text });
  return isSameText && more.length === 0 ? undefined : `wrong content: ${answer.body}`;
}

interface EchoAnswer {
  id?: number;
  result?: {
    isError?: boolean;
    content?: { type: string; text: string }[];
    structuredContent?: { text?: string };
  };
}

/** The message of a JSON body, or the last one of an event stream. */
function messageOf(body: string): EchoAnswer | undefined {
  if (body.startsWith('{')) return parse(body);
  const events = body.split('\n').filter((line) => line.startsWith('data:') && line.trim() !== 'data:');
  const last = events.at(-1);
  return last === undefined ? undefined : parse(last.slice('data:'.length));
}

function parse(text: string): EchoAnswer | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
