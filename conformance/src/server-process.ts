import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** The server under test, running on its own. */
export interface ServerProcess extends AsyncDisposable {
  readonly url: string;
}

/** Starts the server under test on a free port. Disposing ends it with SIGTERM and waits until it has drained. */
export async function startServer(): Promise<ServerProcess> {
  const entry = fileURLToPath(new URL('server.ts', import.meta.url));
  const child = spawn(process.execPath, ['--conditions=@toolyard/source', entry, '--port', '0'], {
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  const exited = once(child, 'exit');
  const lines: string[] = [];
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      lines.push(line);
      if (line.startsWith('http://')) resolve(line);
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`The server ended with ${code}:\n${lines.join('\n')}`)));
  });
  return {
    url,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      const [code]: (number | null)[] = await exited;
      if (code !== 0) throw new Error(`The server ended with ${code}:\n${lines.join('\n')}`);
    },
  };
}
