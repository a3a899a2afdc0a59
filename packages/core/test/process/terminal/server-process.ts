// A server with a terminal, whose shell has jobs that ignore its end. Says when they run.
import { createTerminals } from '../../../src/process/terminal/terminals.ts';

const [word] = process.argv.slice(2);
const terminals = createTerminals();
const shell = await terminals.open(
  { file: '/bin/bash', args: ['--norc', '-i'], cwd: '/', env: { PATH: '/usr/bin:/bin', PS1: '$ ' } },
  { owner: 'ann' },
);
await shell.wait({ text: '$ ' }, { timeoutMs: 15_000 });
const stubborn = `sh -c 'trap "" HUP TERM; sleep ${word}; sleep ${word}'`;
shell.sendKeys([{ text: `${stubborn} & setsid ${stubborn} &\n${stubborn}\n` }]);
await shell.wait({ idleMs: 300 }, { timeoutMs: 15_000 });
console.log('ready');
