import type { Fetch } from '../play.ts';

/** One answer, as it came. */
export interface Recorded {
  readonly status: number;
  readonly headers: Headers;
  /** The body so far. */
  text: string;
  bytes: number;
  /** Whether the body came to its end. */
  ended: boolean;
}

/** Writes down what a server answers, in the order of the requests; `undefined` for those it has not answered. */
export function recordAnswers(fetch: Fetch): { fetch: Fetch; answers: (Recorded | undefined)[] } {
  const answers: (Recorded | undefined)[] = [];
  return { fetch: recordingFetch, answers };

  async function recordingFetch(request: Request): Promise<Response> {
    const index = answers.push(undefined) - 1;
    const response = await fetch(request);
    const { status, headers, body } = response;
    const recorded: Recorded = { status, headers, text: '', bytes: 0, ended: body === null };
    answers[index] = recorded;
    if (!body) return response;
    const decoder = new TextDecoder('utf-8', { fatal: true });
    const tap = new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        recorded.text += decoder.decode(chunk, { stream: true });
        recorded.bytes += chunk.byteLength;
        controller.enqueue(chunk);
      },
      flush: () => void (recorded.ended = true),
    });
    return new Response(body.pipeThrough(tap), { status, headers });
  }
}

/** The messages of an answer, whatever its type. */
export function messagesIn({ text, headers }: Recorded): unknown[] {
  if (text === '') return [];
  if (headers.get('content-type')?.startsWith('text/event-stream')) {
    const lines = text.slice(0, text.lastIndexOf('\n\n') + 1).split('\n');
    const data = lines.filter((line) => line.startsWith('data:')).map((line) => line.slice(5).trim());
    return data.filter((line) => line !== '').map((line) => JSON.parse(line) as unknown);
  }
  const json: unknown = JSON.parse(text);
  return Array.isArray(json) ? json : [json];
}
