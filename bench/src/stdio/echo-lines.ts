import { faultOf } from '../load/echo-call.ts';
import { envelope, type Era } from '../load/eras.ts';

const textLength = 52;
const sampleId = 123_456_789;

/** The text a call carries: 52 characters, no two calls the same. */
function textOf(id: number): string {
  return String(id).padStart(textLength, 'x');
}

/** Writes the line of a call from parts serialised once. */
export function requestLines(era: Era): (id: number) => string {
  const params = { name: 'echo', arguments: { text: textOf(sampleId) }, ...envelope(era) };
  const sample = JSON.stringify({ jsonrpc: '2.0', id: sampleId, method: 'tools/call', params });
  return lines(sample, sampleId);
}

/**
 * Checks answers, each of them in full. The first one is parsed; what it looks like, apart from id and text, is what
 * the others are compared with, and one that looks otherwise is parsed again.
 */
export class AnswerCheck {
  #expected: ((id: number) => string) | undefined = undefined;

  /** What is wrong with the answer to call `id`, or `undefined`. */
  faultOf(line: string, id: number): string | undefined {
    if (this.#expected?.(id) === line) return undefined;
    const fault = faultOf({ status: 200, head: '', body: line }, { id, text: textOf(id), body: '' });
    if (fault === undefined) this.#expected ??= lines(line, id);
    return fault;
  }
}

/** Makes from a sample line the line another id would have. */
function lines(sample: string, idThere: number): (id: number) => string {
  const [head = '', ...texts] = sample.split(textOf(idThere));
  const parts = [head, ...texts].map((part) => part.split(`"id":${idThere}`));
  return (id) => {
    const text = textOf(id);
    const ownId = `"id":${id}`;
    let line = '';
    for (let index = 0; index < parts.length; index++) {
      if (index > 0) line += text;
      const pieces = parts[index]!;
      line += pieces.length === 1 ? pieces[0]! : pieces.join(ownId);
    }
    return line;
  };
}
