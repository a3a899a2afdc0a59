const KEPT_BYTES = 64 * 1024;
const FIRST_BYTES = 4 * 1024;

/**
 * The end of what a program in the background has written: 64 KiB at least. Positions are bytes, as in `read_output`.
 */
export class RecentOutput {
  #buffer = Buffer.alloc(0);
  #length = 0;
  #bytes = 0;
  #characters = 0;

  /** Bytes written so far. */
  get end(): number {
    return this.#bytes;
  }

  add(text: string): void {
    const bytes = Buffer.from(text);
    this.#bytes += bytes.length;
    this.#characters += text.length;
    const last = bytes.subarray(-KEPT_BYTES);
    if (this.#length + last.length > this.#buffer.length) this.#makeRoom(last.length);
    last.copy(this.#buffer, this.#length);
    this.#length += last.length;
  }

  /** What was written between two positions, as far as it is still there, and where that begins. */
  between(from: number, to: number): { readonly text: string; readonly from: number } {
    const start = this.#bytes - this.#length;
    let first = Math.min(Math.max(from - start, 0), this.#length);
    const last = Math.min(Math.max(to - start, first), this.#length);
    while (first < last && (this.#buffer[first]! & 0xc0) === 0x80) first += 1;
    return { text: this.#buffer.toString('utf8', first, last), from: start + first };
  }

  /** The position in characters, as `ManagedProcess.wait` counts. */
  charactersAt(byte: number): number {
    return this.#characters - this.between(byte, this.#bytes).text.length;
  }

  /** The position in bytes, of one in characters. */
  bytesAt(character: number): number {
    const after = this.#characters - character;
    if (after <= 0) return this.#bytes;
    const { text } = this.between(0, this.#bytes);
    return this.#bytes - Buffer.byteLength(text.slice(-after));
  }

  #makeRoom(bytes: number): void {
    const kept = Math.min(this.#length, KEPT_BYTES);
    const size = Math.min(Math.max((kept + bytes) * 2, FIRST_BYTES), KEPT_BYTES * 2);
    const room = size > this.#buffer.length ? Buffer.alloc(size) : this.#buffer;
    this.#buffer.copy(room, 0, this.#length - kept, this.#length);
    this.#buffer = room;
    this.#length = kept;
  }
}
