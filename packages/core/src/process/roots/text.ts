/** Where the first whole character starts: bytes that continue one whose start was cut off are skipped. */
export function startOfCharacter(bytes: Uint8Array, from = 0): number {
  let start = from;
  while (start < from + 3 && isContinuation(bytes[start])) start++;
  return start;
}

/** Where the last whole character ends, which is before the end when the last one was cut off. */
export function endOfCharacter(bytes: Uint8Array): number {
  let lead = bytes.length - 1;
  while (lead > bytes.length - 4 && isContinuation(bytes[lead])) lead--;
  const byte = bytes[lead];
  if (byte === undefined || byte < 0b1100_0000) return bytes.length;
  const length = byte >= 0b1111_0000 ? 4 : byte >= 0b1110_0000 ? 3 : 2;
  return lead + length > bytes.length ? lead : bytes.length;
}

/** Whether this is no text: with a NUL byte near its start, as `grep` and git tell it. */
export function isBinary(start: Uint8Array): boolean {
  return start.subarray(0, SNIFFED_BYTES).includes(0);
}

/** How much of a file tells whether it is text. */
export const SNIFFED_BYTES = 8 * 1024;

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0b1100_0000) === 0b1000_0000;
}
