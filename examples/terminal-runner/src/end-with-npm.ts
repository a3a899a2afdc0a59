/** How often to look whether npm is still there. */
const EVERY_MS = 500;

/**
 * Calls `close` when npm, having started this process with `npm start`, is gone. Killing npm kills the shell it runs
 * scripts in and nothing else; without this the server would live on and keep its port.
 */
export function endWithNpm(close: () => void): void {
  if (process.env['npm_lifecycle_event'] === undefined) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    close();
  }, EVERY_MS);
  timer.unref();
}
