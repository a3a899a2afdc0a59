// A server for tests: runs the shell scripts it gets, prints `ready` once all of them have, and stays until it is told
// on stdin how to end. With `storm` it starts them over and over instead.
import { createProcessSupervisor } from '../../../src/process/supervisor/supervisor.ts';

const supervisor = createProcessSupervisor({ maxPerOwner: 64 });
const scripts = JSON.parse(process.argv[2] ?? '[]') as string[];
const env = { PATH: '/usr/local/bin:/usr/bin:/bin' };
const start = (script: string, timeoutMs?: number) =>
  supervisor.start(
    { file: '/bin/sh', args: ['-c', script], cwd: '/', env },
    { owner: 'ann', background: true, timeoutMs, killGraceMs: 20 },
  );

if (process.argv[3] === 'storm') {
  process.stdout.write('ready\n');
  await Promise.all(
    scripts.map(async (script, index) => {
      for (;;) await (await start(script, 20 + 30 * index)).exited;
    }),
  );
}
for (const script of scripts) {
  const { reason } = await (await start(script)).wait({ match: '^ready$' }, { timeoutMs: 10_000 });
  if (reason !== 'matched') throw new Error(`${script}: ${reason}`);
}
process.stdout.write('ready\n');
process.stdin.once('data', (order) => {
  if (order.toString() === 'exit') process.exit(0);
  if (order.toString() === 'throw') throw new Error('An error nobody caught.');
  if (order.toString() === 'close') void supervisor.close().then(() => process.stdin.destroy());
});
