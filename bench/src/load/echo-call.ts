import type { Answer } from './answer.ts';
import { type Calls, nextId } from './calls.ts';
import { callHeaders, envelope, type Era } from './eras.ts';
import { messageOf } from './message.ts';

/** One `tools/call` of `echo`. */
export interface EchoCall {
  id: number;
  text: string;
  body: string;
}

const echoBytes = 52;

/**
 * Calls of `echo`, of which no two are equal.
 *
 * @param texts - how many different texts to send, for servers that may answer from a cache. The id always differs.
 */
export function echoCalls({ texts = Infinity }: { texts?: number } = {}): Calls {
  return {
    headers: callHeaders,
    next(era) {
      const call = echoCall(era, texts);
      return { body: call.body, faultOf: (answer) => faultOf(answer, call) };
    },
  };
}

function echoCall(era: Era, texts: number): EchoCall {
  const id = nextId();
  const text = String(texts === Infinity ? id : id % texts).padStart(echoBytes, 'x');
  const params = { name: 'echo', arguments: { text }, ...envelope(era) };
  return { id, text, body: JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params }) };
}

/** What is wrong with the answer, or `undefined` if nothing is. */
export function faultOf(answer: Answer, { id, text }: EchoCall): string | undefined {
  if (answer.status !== 200) return `status ${answer.status}: ${answer.body}`;
  const message = messageOf(answer.body) as EchoAnswer | undefined;
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
