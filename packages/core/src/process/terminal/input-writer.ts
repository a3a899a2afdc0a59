import { writeSync } from 'node:fs';
import type { IPty } from '@lydell/node-pty';

/** Types into a terminal. */
export interface InputWriter {
  write(text: string): void;
  /** Bytes the program has not taken yet. */
  readonly waiting: number;
}

const RETRY_MS = 10;

/** What of the package is not in its types. */
interface PtyParts {
  readonly fd?: number;
  readonly _socket?: { readonly destroyed: boolean };
}

/**
 * Writes to the descriptor itself, as much as it takes. On POSIX, `write` of the package stops the whole process until
 * the program reads.
 */
export function inputWriter(pty: IPty): InputWriter {
  const { fd, _socket: socket } = pty as unknown as PtyParts;
  if (process.platform === 'win32' || fd === undefined || !socket)
    return { write: (text) => pty.write(text), waiting: 0 };
  let left = Buffer.alloc(0);
  let retry: NodeJS.Timeout | undefined;

  function flush(): void {
    retry = undefined;
    while (left.length > 0) {
      const taken = takenOf(left);
      if (taken === 0) {
        retry = setTimeout(flush, RETRY_MS).unref();
        return;
      }
      left = left.subarray(taken);
    }
  }

  /** How many bytes were taken; 0 when there is no room now. */
  function takenOf(bytes: Buffer): number {
    // Once the socket is destroyed, the descriptor may be that of another file.
    if (socket?.destroyed !== false || fd === undefined) return bytes.length;
    try {
      return writeSync(fd, bytes);
    } catch (error) {
      // Anything else means that nobody reads any more.
      return (error as NodeJS.ErrnoException).code === 'EAGAIN' ? 0 : bytes.length;
    }
  }

  return {
    write(text) {
      left = Buffer.concat([left, Buffer.from(text)]);
      if (!retry) flush();
    },
    get waiting() {
      return left.length;
    },
  };
}
