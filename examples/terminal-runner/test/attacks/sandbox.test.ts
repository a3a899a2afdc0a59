// Code of the tree, which no policy looks into: with bwrap the sandbox holds it. Without one it may do what the server may.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '../e2e/at-end.ts';
import { connectHttp } from '../e2e/clients.ts';
import { startHttp } from '../e2e/terminal.ts';
import { processesWith, uniqueSeconds } from '../processes.ts';
import { attempt } from './attempts.ts';
import { createPlayground } from './playground.ts';

const playground = createPlayground();
const { canary, outside, project } = playground;
const KEY = 'a-key-that-nobody-may-see-0123';

test('a program in the sandbox reads, writes, sees and ends nothing outside', async () => {
  const data = temporaryDirectory();
  const settings = ['--profile', 'dev', '--sandbox', 'bwrap', '--data', data, ...playground.roots];
  const server = await startHttp(settings, { env: { TOOLYARD_API_KEY: KEY } });
  const client = await connectHttp(server.url, undefined, KEY);
  const mark = uniqueSeconds();
  const { data: other } = await attempt(client, 'start', { program: 'sleep', args: [mark] });
  const before = playground.guarded();
  const tries = {
    readOutside: `fs.readFileSync('${outside}/canary.txt', 'utf8')`,
    readThroughLink: `fs.readFileSync('link.txt', 'utf8')`,
    readThroughProc: `fs.readFileSync('/proc/1/root${outside}/canary.txt', 'utf8')`,
    readServer: `fs.readFileSync('/proc/${server.child.pid}/environ', 'utf8')`,
    readParent: `fs.readdirSync('/proc').filter((pid) => +pid).map((pid) => { try { return fs.readFileSync('/proc/' + pid + '/environ', 'utf8') } catch { return '' } }).join().includes('${KEY}') ? 'key' : (() => { throw new Error('no key') })()`,
    readData: `fs.readFileSync('${data}/audit.sqlite')`,
    writeOutside: `fs.writeFileSync('${outside}/pwned', 'x')`,
    writeThroughLink: `fs.writeFileSync('out/pwned', 'x')`,
    writeDangling: `fs.writeFileSync('dangling', 'x')`,
    writeReadOnlyRoot: `fs.writeFileSync('${playground.docs}/new.md', 'x')`,
    writeHook: `fs.writeFileSync('.git/hooks/post-commit', 'x')`,
    replaceHooks: `fs.renameSync('.git/hooks', '.git/old')`,
    replaceGit: `fs.renameSync('.git', 'old')`,
    writeSettings: `fs.appendFileSync('.git/config', '[core]')`,
    replaceSettings: `fs.writeFileSync('.git/config.new', 'x'), fs.renameSync('.git/config.new', '.git/config')`,
    writeSystem: `fs.writeFileSync('/usr/bin/pwned', 'x')`,
    endServer: `process.kill(${server.child.pid})`,
    gainRights: `require('child_process').execFileSync('unshare', ['-Ur', 'true'])`,
  };
  playground.file(
    'try.cjs',
    `const fs = require('fs'); const done = {};
     for (const [name, act] of Object.entries({ ${Object.entries(tries)
       .map(([name, code]) => `${name}: () => (${code})`)
       .join(',\n')} }))
       try { act(); done[name] = true; } catch {}
     console.log(JSON.stringify(Object.keys(done)));`,
  );
  const { text, data: result } = await attempt(client, 'run', { program: 'node', args: ['try.cjs'] });
  expect(result).toMatchObject({ exitCode: 0 });
  expect(JSON.parse((result as { stdout: { text: string } }).stdout.text)).toEqual([]);
  expect(text).not.toContain(canary);
  expect(existsSync(join(outside, 'not-yet'))).toBe(false);
  expect(playground.guarded()).toBe(before);
  expect(existsSync(join(project, '.git/HEAD'))).toBe(true);
  expect(processesWith(mark).length).toBeGreaterThan(0);
  await attempt(client, 'kill', { id: (other as { id: string }).id });
}, 60_000);
