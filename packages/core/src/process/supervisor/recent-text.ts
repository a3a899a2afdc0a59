/**
 * The end of what a process wrote, by position: characters since its start.
 *
 * Kept as bytes outside of the heap: as strings it would live just long enough to make the young generation grow, and
 * a flood of output would cost four times the memory.
 */
export class RecentText {
  #ring = Buffer.alloc(0);
  #end = 0;

  /** Where the next character goes. */
  get end(): number {
    return this.#end;
  }

  add(text: string): void {
    if (text === '') return;
    this.#grow(text.length);
    const size = this.#size;
    const last = text.slice(-size);
    const at = (this.#end + text.length - last.length) % size;
    this.#ring.write(last.slice(0, size - at), at * BYTES, ENCODING);
    this.#ring.write(last.slice(size - at), 0, ENCODING);
    this.#end += text.length;
  }

  /** What is left of the text from a position on, and where it begins. */
  from(position: number): { readonly text: string; readonly start: number } {
    const size = this.#size;
    const start = Math.min(Math.max(position, this.#end - size, 0), this.#end);
    if (start === this.#end) return { text: '', start };
    const [first, after] = [start % size, ((this.#end - 1) % size) + 1];
    if (first < after) return { text: this.#read(first, after), start };
    return { text: this.#read(first, size) + this.#read(0, after), start };
  }

  get #size(): number {
    return this.#ring.length / BYTES;
  }

  #read(from: number, to: number): string {
    return this.#ring.toString(ENCODING, from * BYTES, to * BYTES);
  }

  /** Little output takes little. Before the ring has its full size, nothing in it has been written over. */
  #grow(more: number): void {
    const needed = Math.min(this.#end + more, KEPT_CHARACTERS);
    if (needed <= this.#size) return;
    const larger = Buffer.alloc(Math.min(Math.max(needed * 2, 1_024), KEPT_CHARACTERS) * BYTES);
    this.#ring.copy(larger);
    this.#ring = larger;
  }
}

const KEPT_CHARACTERS = 64 * 1024;
const ENCODING = 'utf16le';
const BYTES = 2;
