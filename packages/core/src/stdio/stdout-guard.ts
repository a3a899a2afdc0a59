/** Undoes {@link guardStdout}. */
export interface StdoutGuard extends Disposable {
  /** Writes to the real stdout. */
  readonly write: typeof process.stdout.write;
}

/**
 * Sends everything this process writes to `process.stdout` to stderr instead, `console.log` included, so that only
 * the holder of the guard reaches stdout. Child processes that inherit stdout and writes to its descriptor go past it.
 */
export function guardStdout({
  stdout,
  stderr,
}: Pick<NodeJS.Process, 'stdout' | 'stderr'> = process): StdoutGuard {
  const original = Object.getOwnPropertyDescriptor(stdout, 'write');
  const write = stdout.write.bind(stdout);
  const redirect = function writeToStderr(...args: Parameters<typeof stderr.write>): boolean {
    stderr.write(...args);
    // Whoever pipes into stdout would wait for a `drain` that stdout never emits.
    return true;
  } as typeof stdout.write;
  stdout.write = redirect;
  return {
    write,
    [Symbol.dispose]() {
      if (stdout.write !== redirect) return;
      if (original) Object.defineProperty(stdout, 'write', original);
      else Reflect.deleteProperty(stdout, 'write');
    },
  };
}
