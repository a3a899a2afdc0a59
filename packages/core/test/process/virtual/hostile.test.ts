import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { expect, onTestFinished, test, vi } from 'vitest';
import { open } from './virtual.ts';

const MIB = 1024 ** 2;

test('nothing of the machine is there: no processes, no users, no programs, no other directory', async () => {
  const { sh, root } = await open();
  const result = await sh(
    `cat /etc/passwd /etc/hostname /proc/1/environ /proc/1/cmdline; ls /etc /root /var /proc/1 ${root} ${root}/..; cat ../../../../etc/passwd; cat //etc//passwd; . /etc/profile; ls /mnt`,
  );
  expect(result.stdout).toBe('ref\nws\n');
  const { stdout } = await sh(
    'cat /proc/self/* /proc/version 2>/dev/null; whoami; hostname; echo $$ $PPID $UID; ls -d /*',
  );
  expect(stdout).not.toContain(String(process.pid));
  expect(stdout).toMatch(/^user\nlocalhost\n/m);
  expect(stdout.split('\n').filter((line) => line.startsWith('/'))).toEqual(
    expect.arrayContaining(['/bin', '/mnt', '/tmp']),
  );
  for (const program of [
    '/bin/bash -c "cat /etc/passwd"',
    '/usr/bin/env cat /etc/passwd',
    'exec cat /etc/passwd',
  ])
    expect((await sh(program)).stdout).toBe('');
});

test('the environment of the server is not there', async () => {
  vi.stubEnv('TOOLYARD_TEST_TOKEN', 'sesame-open');
  onTestFinished(() => void vi.unstubAllEnvs());
  const { sh } = await open();
  const result = await sh(
    'env; printenv; export -p; set; echo "$TOOLYARD_TEST_TOKEN"; cat /proc/self/environ; awk "BEGIN { for (k in ENVIRON) print k, ENVIRON[k] }"; jq -n "env, \\$ENV"; echo ${!TOOLYARD*}',
  );
  expect(result.stdout).toContain('HOME=/home/user');
  expect(JSON.stringify(result)).not.toContain('sesame-open');
  expect((await sh('env')).stdout).not.toMatch(/NODE|npm|VITEST|USER=/i);
});

test('there is no network', async () => {
  let requests = 0;
  const server = createServer((_, response) => {
    requests++;
    response.end('hello');
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const { sh } = await open();
  const { stdout } = await sh(
    `curl -s http://127.0.0.1:${port}; wget -qO- http://127.0.0.1:${port}; exec 3<>/dev/tcp/127.0.0.1/${port}; cat <&3; cat < /dev/tcp/127.0.0.1/${port}; html-to-markdown http://127.0.0.1:${port}; nc 127.0.0.1 ${port}`,
  );
  expect(stdout).not.toContain('hello');
  expect(requests).toBe(0);
});

test('there is no other language to run', async () => {
  const { sh } = await open({ 'x.js': 'console.log("ran")', 'x.py': 'print("ran")' });
  const { stdout, exitCode } = await sh(
    'node x.js; js-exec x.js; python3 x.py; python x.py; perl -e "print 1"; sqlite3 :memory: "select 1"; awk "BEGIN { system(\\"echo ran\\"); \\"date\\" | getline d; print d }"; sed "1e echo ran" x.js | grep "^ran"; find . -exec node {} \\;',
  );
  expect(stdout.match(/^ran$|^1$/m)).toBeNull();
  expect(exitCode).not.toBe(0);
});

test('names of properties are names like others', async () => {
  const { sh } = await open({ 'a.txt': 'a\n' });
  const { stdout } = await sh(
    [
      '__proto__=1; constructor=2; toString() { echo fn; }; declare -A m; m[__proto__]=3; m[constructor]=4',
      'echo $__proto__ $constructor ${m[__proto__]} ${m[constructor]} "${m[toString]}" "$hasOwnProperty"; toString',
      'mkdir __proto__; echo x > __proto__/polluted; cat __proto__/polluted; ls __proto__; cat constructor/name',
      `echo '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":2}}}' | jq -c '.polluted, (. * {"__proto__":{"x":1}} | .polluted)'`,
      `awk 'BEGIN { a["__proto__"] = 6; a["constructor"] = 5; print a["__proto__"], a["constructor"], ("toString" in a) }'`,
    ].join('\n'),
    { env: { ['__proto__']: 'p', constructor: 'c' } },
  );
  expect(stdout).toBe('1 2 3 4  \nfn\nx\npolluted\nnull\nnull\n6 5 0\n');
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
});

test.each([
  ['a loop in the shell', 'while :; do :; done'],
  ['a loop in awk', "awk 'BEGIN { while (1) { } }'"],
  ['a loop in sed', 'echo x | sed ":a;ba"'],
  ['a wait', 'sleep 100000'],
])('%s ends with the time, and the server goes on meanwhile', async (_name, line) => {
  const { sh } = await open({}, { limits: { timeoutMs: 700, maxCommands: 1_000_000_000 } });
  await sh('true'); // so that nothing of the start is measured
  const pulse = watchPulse();
  const { reason, exitCode, durationMs } = await sh(line);
  expect({ reason, exitCode }).toEqual({ reason: 'timedOut', exitCode: null });
  expect(durationMs).toBeLessThan(5_000);
  expect(pulse.longestMs()).toBeLessThan(250);
});

test('loops end at the limit of commands, long before the time, and what was printed is there', async () => {
  const { sh } = await open({}, { limits: { maxCommands: 2_000 } });
  const { exitCode, stdout, stderr } = await sh('echo start; while :; do :; done');
  expect({ exitCode, stdout }).toEqual({ exitCode: 126, stdout: 'start\n' });
  expect(stderr).toBe('bash: too many commands executed (>2000)\n');
});

test.each([
  ['recursion', 126, 'f() { f; }; f'],
  ['recursion through a pipe', 126, ':() { : | :; }; :'],
  ['nested shells', 126, 'export s=\'bash -c "$s"\'; bash -c "$s"'],
  ['a script that reads itself', 126, 'echo ". /tmp/s" > /tmp/s; . /tmp/s'],
  ['nested substitutions', 2, `${'$('.repeat(300)}echo${')'.repeat(300)}`],
  ['deep parentheses', 2, `echo $((${'('.repeat(20_000)}1${')'.repeat(20_000)}))`],
  ['a deep JSON', 126, `printf '${'['.repeat(50_000)}' | jq .`],
  ['an endless JSON', 126, 'jq -n "[range(1e15)] | length"'],
  ['a growing string', 126, 'x=xxxxxxxxxxxxxxxx; while :; do x=$x$x; done'],
  ['a growing array', 126, 'while :; do a+=("${a[@]}" x); done'],
  ['a long number', 126, 'printf "%01000000000d" 1'],
  ['a power', 126, 'echo $((2**9999999999)); awk "BEGIN { s = sprintf(\\"%999999999d\\", 1) }"'],
  ['a brace explosion', 126, 'echo {1..99}{1..99}{1..99}{1..99}'],
  ['an expression that backtracks in grep', 1, `echo ${'a'.repeat(40)}! | grep -E '^(a+)+$'`],
  ['an expression that backtracks in the shell', 1, `[[ ${'a'.repeat(40)}! =~ ^(a|a)+$ ]]`],
  ['an endless sequence', 126, 'seq 1 999999999999 | tail -1'],
])('%s ends by itself, and soon', async (_name, expected, line) => {
  const { sh } = await open({}, { limits: { timeoutMs: 10_000 } });
  const { reason, exitCode } = await sh(line);
  expect({ reason, exitCode }).toEqual({ reason: 'exited', exitCode: expected });
});

test('a flood of output is cut off, and only its ends are kept', async () => {
  const { sh } = await open({}, { limits: { maxOutputBytes: 4 * MIB } });
  const { exitCode, output, stderr } = await sh('while :; do printf "%0100000d\\n" 1; done');
  expect(exitCode).toBe(126);
  expect(stderr).toContain('total output size exceeded');
  expect(output.stdout.totalBytes).toBeLessThanOrEqual(4 * MIB);
  expect(output.stdout.head.length + output.stdout.tail.length).toBeLessThanOrEqual(330_000);
  expect(output.spilled).toBeUndefined();
});

test('an archive bomb is not unpacked', async () => {
  const bomb = gzipSync(Buffer.alloc(200 * MIB)).toString('base64');
  const { sh } = await open({ 'bomb.b64': bomb });
  for (const line of [
    'base64 -d bomb.b64 | gunzip | wc -c',
    'base64 -d bomb.b64 > /tmp/b.gz; zcat /tmp/b.gz > /tmp/b; wc -c < /tmp/b',
  ]) {
    const { stdout, reason } = await sh(line);
    expect(reason).toBe('exited');
    expect(Number(stdout.trim() || 0)).toBeLessThan(33 * MIB);
  }
});

test('files take no more than they may, in the roots and beside them', async () => {
  const limits = { maxFileBytes: MIB, maxWrittenBytes: 3 * MIB, maxEntries: 1_500 };
  const { sh } = await open({ 'big.txt': 'x'.repeat(MIB + 1) }, { limits });
  const big = await sh('cat big.txt | wc -c');
  expect(big.refusals).toContainEqual(
    expect.objectContaining({ path: 'ws:big.txt', code: 'FILE_TOO_LARGE' }),
  );
  expect((await sh('printf "%01100000d" 1 > /tmp/a')).stderr).toContain('EFBIG');
  const full = await sh(
    'printf "%0900000d" 1 > /tmp/a; for i in 1 2 3 4 5; do cp /tmp/a b$i && echo ok; done; rm b1; cp /tmp/a b9 && echo freed',
  );
  expect(full.stdout).toBe('ok\nok\nfreed\n');
  expect(full.stderr).toContain('ENOSPC');
  const many = await sh('for i in {1..2000}; do touch /tmp/$i || break; done; ls /tmp | wc -l');
  expect(Number(many.stdout)).toBeLessThan(1_500);
});

test('a run that takes too much memory is ended, and the server keeps its own', async () => {
  const { sh } = await open({}, { limits: { maxMemoryMb: 48, timeoutMs: 20_000, maxFileBytes: 64 * MIB } });
  const before = process.memoryUsage().heapUsed;
  const { reason, exitCode, changes } = await sh(
    'printf "%06000000d" 1 > /tmp/a; for i in 1 2 3 4 5 6 7 8; do cp /tmp/a /tmp/b$i; x="$x$(cat /tmp/a)"; done; echo x > changed',
  );
  expect({ reason, exitCode, changes }).toEqual({ reason: 'outOfMemory', exitCode: null, changes: [] });
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(64 * MIB);
  expect((await sh('echo alive')).stdout).toBe('alive\n');
});

test('input that is too large is refused before anything starts', async () => {
  const { sh, executor } = await open({}, { limits: { maxInputBytes: 1_000 } });
  const big = 'x'.repeat(1_001);
  const code = { code: 'INPUT_TOO_LARGE' };
  await expect(sh(`echo ${big}`)).rejects.toMatchObject(code);
  await expect(sh('cat', { stdin: big })).rejects.toMatchObject(code);
  await expect(sh('env', { env: { big } })).rejects.toMatchObject(code);
  await expect(executor.run({ program: 'echo', args: [big] }, { owner: 'local' })).rejects.toMatchObject(
    code,
  );
});

/** How long the event loop was away at most. */
function watchPulse() {
  let last = performance.now();
  let longest = 0;
  const timer = setInterval(() => {
    const now = performance.now();
    longest = Math.max(longest, now - last - 5);
    last = now;
  }, 5);
  onTestFinished(() => clearInterval(timer));
  return { longestMs: () => Math.max(longest, performance.now() - last) };
}
