/** One HTTP response. */
export interface Answer {
  status: number;
  /** Status line and headers as received. */
  head: string;
  body: string;
}

const headEnd = '\r\n\r\n';

/**
 * Reads the one response that `bytes` hold.
 *
 * @returns `undefined` while it is incomplete.
 * @throws when its end cannot be known or more than one response has arrived.
 */
export function readAnswer(bytes: Buffer): Answer | undefined {
  const end = bytes.indexOf(headEnd);
  if (end < 0) return undefined;
  const head = bytes.toString('latin1', 0, end);
  const body = readBody(head, bytes.subarray(end + headEnd.length));
  return body === undefined ? undefined : { status: Number(head.slice(9, 12)), head, body };
}

/** @param name - in lower case. */
export function headerOf(answer: Answer, name: string): string | undefined {
  const line = answer.head.split('\r\n').find((candidate) => candidate.toLowerCase().startsWith(`${name}:`));
  return line?.slice(name.length + 1).trim();
}

function readBody(head: string, bytes: Buffer): string | undefined {
  const length = /^content-length: *(\d+)/im.exec(head)?.[1];
  if (length !== undefined) return exactly(bytes, Number(length));
  if (/^transfer-encoding: *chunked/im.test(head)) return dechunk(bytes);
  throw new Error(`A response without Content-Length or chunks: ${head}`);
}

function exactly(bytes: Buffer, length: number): string | undefined {
  if (bytes.length > length) throw new Error('More bytes arrived than one response has.');
  return bytes.length < length ? undefined : bytes.toString('utf8');
}

function dechunk(bytes: Buffer): string | undefined {
  const chunks: Buffer[] = [];
  let offset = 0;
  while (true) {
    const lineEnd = bytes.indexOf('\r\n', offset);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(bytes.toString('latin1', offset, lineEnd), 16);
    const start = lineEnd + 2;
    if (bytes.length < start + size + 2) return undefined;
    offset = start + size + 2;
    if (size === 0) break;
    chunks.push(bytes.subarray(start, start + size));
  }
  if (offset < bytes.length) throw new Error('More bytes arrived than one response has.');
  return Buffer.concat(chunks).toString('utf8');
}
