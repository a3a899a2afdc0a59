import type { RequestId } from '../protocol/json-rpc.ts';

/** What can be told of a message from its first and last bytes. */
export interface MessageOutline {
  readonly id: RequestId | undefined;
  /** Whether it is a request or notification; otherwise it may be a response. */
  readonly hasMethod: boolean;
}

const ID = String.raw`(-?\d+|"(?:[^"\\]|\\.)*")`;
const VERSION = String.raw`"jsonrpc"\s*:\s*"2\.0"`;
/** `jsonrpc` and `id` come first with many clients. */
const ID_FIRST = new RegExp(String.raw`^\s*\{\s*(?:${VERSION}\s*,\s*)?"id"\s*:\s*${ID}\s*[,}]`);
/** … and last with the official ones. What precedes the very last brace belongs to the message itself. */
const ID_LAST = new RegExp(String.raw`[,{]\s*"id"\s*:\s*${ID}\s*(?:,\s*${VERSION}\s*)?\}\s*$`);
const METHOD_FIRST = new RegExp(
  String.raw`^\s*\{\s*(?:${VERSION}\s*,\s*)?(?:"id"\s*:\s*${ID}\s*,\s*)?(?:${VERSION}\s*,\s*)?"method"\s*:`,
);

/** Reads the outline of a message that was too large to be kept, so that its sender need not wait for a timeout. */
export function outlineOf({ head, tail }: { readonly head: string; readonly tail: string }): MessageOutline {
  const id = (ID_FIRST.exec(head) ?? ID_LAST.exec(tail))?.[1];
  return { id: id === undefined ? undefined : parseId(id), hasMethod: METHOD_FIRST.test(head) };
}

function parseId(text: string): RequestId | undefined {
  try {
    return JSON.parse(text) as RequestId;
  } catch {
    return undefined; // bytes the pattern lets pass and JSON does not
  }
}
