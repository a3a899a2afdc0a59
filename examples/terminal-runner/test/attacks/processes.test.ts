// Programs that do not want to end, or to be small: whatever they do, nothing of them is left and the server stays as it was.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { temporaryDirectory } from '../e2e/at-end.ts';
import { connectHttp } from '../e2e/clients.ts';
import { startHttp } from '../e2e/terminal.ts';
import { processesWith, uniqueSeconds, waitForProcesses } from '../processes.ts';
import { attempt } from './attempts.ts';
import { createPlayground } from './playground.ts';

const playground = createPlayground();

/** Each gets the mark as its argument and hands it to what it starts. */
const STUBBORN: Readonly<Record<string, string>> = {
  'ignores.mjs': `for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(name, () => {}); console.log('ready'); setInterval(() => {}, 1000);`,
  'daemon.mjs': `import { spawn } from 'node:child_process';
    const mark = process.argv[2];
    const child = "require('child_process').spawn('sleep', ['" + mark + "'], { detached: true, stdio: 'ignore' }).unref()";
    spawn('setsid', [process.execPath, '-e', child, mark], { detached: true, stdio: 'ignore' }).unref();
    spawn('setsid', ['--fork', 'sleep', mark], { stdio: 'ignore' });
    console.log('ready'); setInterval(() => {}, 1000);`,
  'leaves.mjs': `import { spawn } from 'node:child_process';
    spawn('setsid', ['--fork', 'sleep', process.argv[2]], { stdio: 'inherit' }).on('exit', () => { console.log('ready'); process.exit(0); });`,
  'holds.mjs': `import { spawn } from 'node:child_process';
    spawn('sleep', [process.argv[2]], { detached: true, stdio: 'inherit' }).unref(); console.log('ready'); process.exit(0);`,
};
for (const [name, text] of Object.entries(STUBBORN)) playground.file(name, text);
playground.file(
  'flood.mjs',
  `const text = 'x'.repeat(65536) + '\\n'; for (;;) if (!process.stdout.write(text)) await new Promise((go) => process.stdout.once('drain', go));`,
);

// In bwrap it takes the same time again; what it does to trees is tested in core.
const isProof = process.env['TOOLYARD_PROOF'] === '1';

describe.each(isProof ? ['none', 'bwrap'] : ['none'])('sandbox %s', (sandbox) => {
  let data: string;
  const start = () =>
    startHttp(['--profile', 'dev', '--sandbox', sandbox, '--data', data, ...playground.roots]);
  beforeAll(() => {
    data = temporaryDirectory();
  });

  test.each(Object.keys(STUBBORN))(
    'nothing of %s outlives its time, a cancel, a kill or its own end',
    async (name) => {
      const { url } = await start();
      const client = await connectHttp(url);
      const marks = [uniqueSeconds(), uniqueSeconds(), uniqueSeconds(), uniqueSeconds()] as const;
      const script = (mark: string) => ({ program: 'node', args: [name, mark] });

      await attempt(client, 'run', { ...script(marks[0]), timeoutMs: 2_500 });
      await waitForProcesses(marks[0], 0);

      const abort = new AbortController();
      const cancelled = attempt(client, 'run', script(marks[1]), { signal: abort.signal });
      setTimeout(() => abort.abort(), 1_500);
      await cancelled;
      await waitForProcesses(marks[1], 0);

      const { data: started } = await attempt(client, 'start', script(marks[2]));
      await attempt(client, 'kill', { id: (started as { id: string }).id });
      await waitForProcesses(marks[2], 0);

      await attempt(client, 'run_line', { line: `node ${name} ${marks[3]} | cat`, timeoutMs: 2_500 });
      await waitForProcesses(marks[3], 0);
      expect(marks.flatMap(processesWith)).toEqual([]);
    },
    90_000,
  );

  test.each(['SIGTERM', 'SIGKILL'] as const)(
    'nothing outlives a server that ends by %s',
    async (signal) => {
      const server = await start();
      const client = await connectHttp(server.url);
      const mark = uniqueSeconds();
      for (const name of ['ignores.mjs', 'daemon.mjs'])
        expect((await attempt(client, 'start', { program: 'node', args: [name, mark] })).data).toMatchObject({
          status: 'running',
        });
      expect(processesWith(mark).length).toBeGreaterThan(1);
      await server.stop(signal);
      await waitForProcesses(mark, 0);
    },
    60_000,
  );

  test('a client that is gone takes its call with it', async () => {
    const server = await start();
    const client = await connectHttp(server.url);
    const mark = uniqueSeconds();
    const call = attempt(client, 'run', { program: 'node', args: ['daemon.mjs', mark] });
    await waitForProcesses(`sleep\0${mark}`, 2);
    await client.close();
    await call;
    await waitForProcesses(mark, 0);
    expect(processesWith(mark)).toEqual([]);
  }, 60_000);

  test.runIf(isProof)(
    'a flood of output neither fills the memory nor the disk',
    async () => {
      const server = await start();
      const client = await connectHttp(server.url);
      const { pid } = server.child;
      await attempt(client, 'run', { program: 'node', args: ['--version'] });
      const before = peakOf(pid!);
      const { data: result, text } = await attempt(client, 'run', {
        program: 'node',
        args: ['flood.mjs'],
        timeoutMs: 4_000,
      });
      const lined = await attempt(client, 'run_line', { line: 'node flood.mjs | cat', timeoutMs: 4_000 });
      expect(result).toMatchObject({ reason: 'timedOut' });
      expect((result as { stdout: { totalBytes: number } }).stdout.totalBytes).toBeGreaterThan(50_000_000);
      expect(text.length + lined.text.length).toBeLessThan(120_000);
      expect(peakOf(pid!) - before).toBeLessThan(250);
      expect(sizeOf(data) / 1024 ** 2).toBeLessThan(300);
    },
    60_000,
  );
});

/** The most memory it ever had, in MiB. */
function peakOf(pid: number): number {
  const [, kibibytes] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kibibytes) / 1024;
}

function sizeOf(directory: string): number {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((name) => statSync(join(directory, name)).size)
    .reduce((sum, size) => sum + size, 0);
}
