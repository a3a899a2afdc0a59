import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import { onTestFinished } from 'vitest';

// Debian has it where the PATH of users does not lead.
const NGINX = ['nginx', '/usr/sbin/nginx'].find((path) => spawnSync(path, ['-v']).status === 0);
if (!NGINX) process.stderr.write('nginx is not installed: its tests are skipped.\n');

/** Whether tests that need nginx run: not where there is none, but with `CI=true` they do and fail. */
export const hasNginx = NGINX !== undefined || process.env['CI'] === 'true';

/** Runs an nginx until the test ends. `http` is the inside of its http block; it has to listen on all of `ports`. */
export async function startNginx(http: string, ports: readonly number[]): Promise<void> {
  const directory = await temporaryDirectory();
  const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const temporary = kinds.map((kind) => `${kind}_temp_path ${directory}/${kind};`).join('\n');
  const configuration = `daemon off;
master_process off;
pid ${directory}/nginx.pid;
events { worker_connections 256; }
http {
access_log off;
${temporary}
${http}
}
`;
  await writeFile(join(directory, 'nginx.conf'), configuration);
  const errors = join(directory, 'error.log');
  const child = spawn(
    NGINX ?? 'nginx',
    ['-p', directory, '-c', join(directory, 'nginx.conf'), '-e', errors],
    {
      stdio: 'ignore',
    },
  );
  const ended = new Promise<Error | undefined>((resolve) => {
    child.once('close', () => resolve(undefined));
    child.once('error', resolve);
  });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  for (const port of ports) {
    while (!(await listens(port))) {
      if (child.pid === undefined) throw await ended;
      if (child.exitCode !== null) throw new Error(`nginx: ${await readFile(errors, 'utf8')}`);
      await wait(10);
    }
  }
}

/** A port that nobody listens on, a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

/** A directory that is gone after the test. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'toolyard-doctor-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
