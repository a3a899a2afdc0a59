import type { Writable } from 'node:stream';
import type { Clock } from '../../clock.ts';
import { ToolError } from '../../errors.ts';
import type { ByteSink } from './byte-sink.ts';

/** The stdin of a program. */
export interface InputPipe {
  readonly isOpen: boolean;
  write(text: string): Promise<void>;
  /** Takes bytes no faster than the program reads them. */
  readonly sink: ByteSink;
  end(): void;
  /** Drops what was not read. */
  destroy(): void;
}

const MAX_WAITING_BYTES = 1024 * 1024;
const PATIENCE_MS = 1_000;

/** What is written at once, however long it is, and whether more may follow. */
export interface FirstInput {
  readonly text: string;
  readonly keepOpen?: boolean | undefined;
}

/**
 * @param stdin - `null` when the program has none.
 */
export function inputPipe(stdin: Writable | null, first: FirstInput | undefined, clock: Clock): InputPipe {
  // A program may end without reading all of its input (`head -1`): EPIPE is no failure.
  stdin?.on('error', () => {});
  if (first && first.text !== '') stdin?.write(first.text);
  if (!first?.keepOpen) stdin?.end();
  return {
    get isOpen() {
      return stdin?.writable === true;
    },
    async write(text) {
      if (stdin?.writable !== true)
        throw new ToolError('STDIN_CLOSED', 'The process takes no input: its stdin is closed.');
      if (stdin.writableLength + Buffer.byteLength(text) > MAX_WAITING_BYTES)
        throw new ToolError(
          'STDIN_FULL',
          `The process does not read its input fast enough: ${stdin.writableLength} bytes are waiting, at most ${MAX_WAITING_BYTES} may.`,
        );
      await new Promise<void>((resolve) => {
        const timer = clock.after(PATIENCE_MS, resolve);
        stdin.write(text, () => {
          timer.cancel();
          resolve();
        });
      });
    },
    sink: { write: (chunk) => writeBytes(stdin, chunk), end: () => void stdin?.end() },
    end: () => void stdin?.end(),
    destroy: () => void stdin?.destroy(),
  };
}

function writeBytes(stdin: Writable | null, chunk: Buffer): Promise<void> | void {
  if (stdin?.writable !== true) throw new Error('The program reads no more.');
  if (stdin.write(chunk)) return undefined;
  return new Promise<void>((resolve, reject) => {
    const settle = (done: () => void) => {
      stdin.removeListener('drain', onDrain);
      stdin.removeListener('close', onClose);
      done();
    };
    const onDrain = () => settle(resolve);
    const onClose = () => settle(() => reject(new Error('The program reads no more.')));
    stdin.once('drain', onDrain);
    stdin.once('close', onClose);
  });
}
