import { mkdirSync, writeFileSync, readFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { loadConfig } from './src/config/load-config.ts';
import { terminalProgram } from './src/terminal-config.ts';
import { createTerminal } from './src/server.ts';
import { createTestClient } from '@toolyard/core/testing';
import { silentLogger } from '@toolyard/core';
export async function open(args: string[], client: any = {}) {
  const loaded = loadConfig(terminalProgram, { args: ['--data', '/tmp/h11/d2', ...args], env: {}, cwd: '/tmp/h11' });
  if (loaded.action !== 'start') throw new Error(loaded.text);
  const server = await createTerminal(loaded.config, silentLogger as any);
  const c = createTestClient(server.app, { era: 'modern', as: { id: 'ann', scopes: '*' }, ...client });
  return { server, c, async end() { await c.close(); await server.app.close(); } };
}
mkdirSync('/tmp/h11/proj/src', { recursive: true });
writeFileSync('/tmp/h11/proj/src/a.ts', '// TODO one\nexport const a = 1; // TODO two\n');
writeFileSync('/tmp/h11/proj/.env', 'TOKEN=sesame\n');
try { execFileSync('git', ['init', '-q', '-b', 'main'], { cwd: '/tmp/h11/proj' }); execFileSync('sh', ['-c', 'git add src && git -c user.name=me -c user.email=me@x commit -qm "Begin"'], { cwd: '/tmp/h11/proj' }); } catch {}
const shown = (r: any) => console.log(r.isError ? 'ERROR' : 'ok', r._meta?.['toolyard/error']?.code ?? '', r.content?.map((x: any) => x.text ?? JSON.stringify(x)).join('\n').slice(0, 1200), '\n--');
{
  const { c, end } = await open(['--root', 'project=/tmp/h11/proj', '--terminals', '--shell', 'sandboxed', '--profile', 'dev']);
  const tools = await (c as any).list("tools") as any;
  for (const t of tools) console.log(t.name, '|', t.title, '|', JSON.stringify(t.annotations));
  shown(await c.call('run', { program: 'git', args: ['log', '--oneline'] }));
  shown(await c.call('run', { program: 'git', args: ['push'] }));
  shown(await c.call('run', { program: 'cat', args: ['.env'] }));
  shown(await c.call('run', { program: 'grep', args: ['-rn', 'e', '.'] }));
  shown(await c.call('run', { program: 'cat', args: ['/etc/passwd'] }));
  shown(await c.call('run_line', { line: 'grep -rn TODO src | sort | head -1' }));
  shown(await c.call('run_line', { line: 'cat src/*.ts' }));
  shown(await c.call('run', { program: 'node', args: ['--version'] }));
  shown(await c.call('run', { program: 'sh', args: ['-c', 'id'] }));
  shown(await c.call('health', {}));
  shown(await c.call('run', { program: 'printf', args: ['x'], env: { DEBUG: '1' } }));
  await end();
}
{
  writeFileSync('/tmp/h11/p.json', JSON.stringify({ profile: 'dev', environment: ['DATABASE_URL'] }));
  const { c, end } = await open(['--root', 'project=/tmp/h11/proj', '--policy', '/tmp/h11/p.json']);
  shown(await c.call('run', { program: 'true', args: [], env: { DATABASE_URL: 'x' } }));
  await end();
}
{
  const { c, end } = await open(['--read-only-root', 'review=/tmp/h11/proj', '--policy', '/work/main/examples/terminal-runner/policies/review.json', '--sandbox', 'bwrap']);
  const tools = await (c as any).list("tools") as any;
  console.log(tools.map((t: any) => t.name).join(' '));
  shown(await c.call('run', { program: 'git', args: ['status', '--short'] }));
  shown(await c.call('run', { program: 'rg', args: ['TODO'] }));
  execFileSync('git', ['config', 'filter.x.clean', 'touch /tmp/h11/owned'], { cwd: '/tmp/h11/proj' });
  shown(await c.call('run', { program: 'git', args: ['status', '--short'] }));
  execFileSync('git', ['config', '--unset', 'filter.x.clean'], { cwd: '/tmp/h11/proj' });
  shown(await c.call('run_line', { line: 'git log > x' }));
  await end();
}
{
  const { c, end } = await open(['--policy', '/work/main/examples/terminal-runner/policies/operate.json', '--sandbox', 'none']);
  const tools = await (c as any).list("tools") as any;
  console.log(tools.map((t: any) => t.name).join(' '));
  shown(await c.call('run', { program: 'df', args: ['-h'] }));
  shown(await c.call('run', { program: 'systemctl', args: ['stop', 'web.service'] }));
  await end();
}
