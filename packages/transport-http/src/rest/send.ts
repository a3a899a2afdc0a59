import { PROBLEM_TYPE } from '../beside/problem.ts';
import type { Visit } from '../beside/front.ts';
import type { HttpHeaders, Reply } from '../endpoint/message.ts';
import type { Answer } from './answer.ts';
import { encodeBody } from './encoding.ts';

/** A reply that takes bytes too. */
interface ByteReply extends Reply {
  send(status: number, headers: HttpHeaders, body?: string | Uint8Array): void;
}

/** Sends an answer as one JSON body. */
export async function sendAnswer(visit: Visit, { status, headers, body }: Answer): Promise<void> {
  const type = status < 400 ? 'application/json' : PROBLEM_TYPE;
  await sendText(visit, status, { 'content-type': type, ...headers }, JSON.stringify(body));
}

/** Sends a text, compressed where that is worth it. What it says depends on who asks, so nobody keeps it. */
export async function sendText(
  { incoming, reply, headers: cors }: Visit,
  status: number,
  headers: HttpHeaders,
  text: string,
): Promise<void> {
  const encoded = await encodeBody(text, incoming.header('accept-encoding'));
  const vary = [cors['vary'], 'Accept', 'Accept-Encoding'].filter(Boolean).join(', ');
  const byteReply: ByteReply = reply;
  byteReply.send(
    status,
    {
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...cors,
      ...headers,
      ...encoded.headers,
      vary,
    },
    encoded.body,
  );
}
