import { ToolError } from '../../errors.ts';

/** A file that a caller keeps open, and how to end that without the caller. */
export interface HeldFile<File> {
  readonly file: File;
  /** Never rejects. */
  readonly stop: () => Promise<void>;
}

/** The files that callers keep open: limited in number, and ended with the roots. */
export interface OpenFiles {
  /**
   * Takes a place for a file before it is opened. Whoever opens it gives the place back when the file is closed; when
   * opening fails, that is done.
   *
   * @throws {ToolError} `TOO_MANY_FILES`.
   */
  hold<File>(open: (giveBack: () => void) => Promise<HeldFile<File>>): Promise<File>;
  /** Ends all that are open. */
  stopAll(): Promise<void>;
}

export function createOpenFiles(maxOpenFiles: number): OpenFiles {
  const places = new Map<symbol, () => Promise<void>>();
  return {
    async hold(open) {
      if (places.size >= maxOpenFiles)
        throw new ToolError(
          'TOO_MANY_FILES',
          `${places.size} files are open already, which is the limit; try again when one of them is closed.`,
        );
      const place = Symbol('an open file');
      places.set(place, nothingYet);
      const giveBack = (): void => void places.delete(place);
      try {
        const { file, stop } = await open(giveBack);
        if (places.has(place)) places.set(place, stop);
        return file;
      } catch (error) {
        giveBack();
        throw error;
      }
    },
    async stopAll() {
      await Promise.all([...places.values()].map((stop) => stop()));
    },
  };
}

const nothingYet = (): Promise<void> => Promise.resolve();
