import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fakeClock } from '@toolyard/core/testing';
import { describe, expect, test } from 'vitest';
import { uniqueSeconds, waitForProcesses } from '../processes.ts';
import { ann, codeOf, dataOf, eras, eventually, followUpdates, startServer, textOf } from './setup.ts';

/** What both forms of the output may take together, headings and JSON around them included. */
const BUDGET = 16_500;

describe.each(eras)('run, for a %s client', (era) => {
  test('gives output, exit code and what a model needs, and nothing more', async () => {
    const { client } = await startServer();
    const answer = await client({ era }).call('run', { program: 'echo', args: ['hello', '$HOME *'] });
    expect(answer.isError).toBeUndefined();
    expect(textOf(answer)).toBe('hello $HOME *\n[exit code 0]');
    expect(answer.content).toHaveLength(1);
    expect(dataOf(answer)).toEqual({
      exitCode: 0,
      signal: null,
      reason: 'exited',
      durationMs: expect.any(Number),
      stdout: { text: 'hello $HOME *\n', totalBytes: 14, omittedBytes: 0 },
      stderr: { text: '', totalBytes: 0, omittedBytes: 0 },
    });
  });

  test('a failing program is an error result with its output', async () => {
    const { client, file } = await startServer();
    file('fail.mjs', 'console.log("out"); console.error("oops"); process.exitCode = 3;');
    const answer = await client({ era }).call('run', { program: 'node', args: ['fail.mjs'] });
    expect(answer.isError).toBe(true);
    expect(textOf(answer)).toBe('out\n[stderr]\noops\n[exit code 3]');
    expect(dataOf(answer)).toMatchObject({ exitCode: 3, stderr: { text: 'oops\n' } });
  });

  test('passes directory, environment and input', async () => {
    const { client, file, root } = await startServer();
    file('show.mjs', 'console.log(process.cwd(), process.env.NODE_ENV); process.stdin.pipe(process.stdout);');
    const args = {
      program: 'node',
      args: ['show.mjs'],
      cwd: 'project:.',
      env: { NODE_ENV: 'fast' },
      stdin: 'in',
    };
    const answer = await client({ era }).call('run', args);
    expect(dataOf(answer).stdout.text).toBe(`${root} fast\nin`);
  });

  test('a denied command names the rule and what is allowed', async () => {
    const { client } = await startServer({ policy: { profile: 'readonly' } });
    const answer = await client({ era }).call('run', { program: 'git', args: ['push'] });
    expect(answer.isError).toBe(true);
    expect(codeOf(answer)).toBe('COMMAND_DENIED');
    expect(textOf(answer)).toMatch(/push.*Allowed: .*\(rule: git\.subcommand\)/s);
    const unknown = await client({ era }).call('run', { program: 'bash', args: ['-c', 'id'] });
    expect(textOf(unknown)).toMatch(/Allowed: .*cat.*\(rule: never\.bash\)/s);
  });

  test('a program that runs out of time is ended with all it started', async () => {
    const { client, file } = await startServer();
    const seconds = uniqueSeconds();
    file(
      'slow.mjs',
      `import { spawn } from 'node:child_process'; spawn('sleep', ['${seconds}'], { stdio: 'ignore' }); console.log('begun'); setInterval(() => {}, 1000);`,
    );
    const running = client({ era }).call('run', { program: 'node', args: ['slow.mjs'], timeoutMs: 1_500 });
    await waitForProcesses(seconds, 1);
    const answer = await running;
    expect(answer.isError).toBe(true);
    expect(dataOf(answer)).toMatchObject({ reason: 'timedOut', stdout: { text: 'begun\n' } });
    expect(textOf(answer)).toMatch(/ended after 1500 ms.*use start/s);
    await waitForProcesses(seconds, 0);
  });

  test('a client that cancels ends the tree, also one that does not want to', async () => {
    const { client, file } = await startServer();
    const seconds = uniqueSeconds();
    file(
      'stubborn.mjs',
      `import { spawn } from 'node:child_process';
       process.on('SIGTERM', () => {});
       spawn('sleep', ['${seconds}'], { stdio: 'ignore' });
       setInterval(() => {}, 1000);`,
    );
    const caller = client({ era });
    const running = caller.call('run', { program: 'node', args: ['stubborn.mjs'] });
    await waitForProcesses(seconds, 1);
    await caller.cancel();
    await running.catch(() => {});
    await waitForProcesses(seconds, 0);
    await eventually(async () => {
      expect(dataOf(await caller.call('list_processes'))).toEqual({ processes: [] });
    });
  });

  test('a client that goes away ends it too', async () => {
    const { client } = await startServer();
    const seconds = uniqueSeconds();
    const caller = client({ era });
    const running = caller.call('run', { program: 'sleep', args: [seconds] }).catch(() => {});
    await waitForProcesses(seconds, 1);
    await caller.close();
    await running;
    await waitForProcesses(seconds, 0);
    await eventually(async () => {
      expect(dataOf(await client({ era }).call('list_processes'))).toEqual({ processes: [] });
    });
  });

  test('long output is shown by its ends, and all of it is one read_output away', async () => {
    const { client } = await startServer();
    const caller = client({ era });
    const answer = await caller.call('run', { program: 'seq', args: ['20000'] });
    const { outputId, stdout } = dataOf(answer);
    const text = textOf(answer);
    expect(text).toMatch(/^1\n2\n/);
    expect(text).toMatch(/\n20000\n\[exit code 0\]$/);
    expect(text).toContain(`left out; read it with read_output, id "${outputId}"`);
    expect(text.length + JSON.stringify(answer.structuredContent).length).toBeLessThan(BUDGET * 1.3);
    expect(stdout.totalBytes).toBe(108_894);
    const [first, last] = stdout.text.split(/\[… \d+ bytes left out …\]\n/);
    expect(stdout.totalBytes - stdout.omittedBytes).toBe(first.length + last.length);
    expect(text.length + stdout.text.length).toBeLessThan(BUDGET);
    expect(answer.content[1]).toMatchObject({ type: 'resource_link', uri: `artifact://${outputId}` });
    const middle = await caller.call('read_output', { id: outputId, fromLine: 9_999, lines: 2 });
    expect(textOf(middle)).toContain('\n9999\n10000\n');
  });

  test('output that fits is whole in both forms and costs no file', async () => {
    const { client } = await startServer();
    const caller = client({ era });
    const line = 'x'.repeat(99);
    const stdin = `${line}\n`.repeat(78);
    const answer = await caller.call('run', { program: 'cat', stdin });
    expect(dataOf(answer)).toMatchObject({ stdout: { text: stdin, omittedBytes: 0 } });
    expect(textOf(answer)).toBe(`${stdin}[exit code 0]`);
    expect(await caller.list('resources')).toEqual([]);
  });

  test('masks secrets, also those that come in pieces', async () => {
    const { client, file } = await startServer();
    const token = `ghp_${'a1B2'.repeat(9)}`;
    file(
      'leak.mjs',
      `const token = ${JSON.stringify(token)};
       process.stdout.write('t=' + token.slice(0, 10));
       setTimeout(() => process.stdout.write(token.slice(10) + '\\n' + 'y'.repeat(9000)), 100);`,
    );
    const caller = client({ era });
    const answer = await caller.call('run', { program: 'node', args: ['leak.mjs'] });
    const kept = await caller.call('read_output', { id: dataOf(answer).outputId });
    for (const shown of [JSON.stringify(answer), JSON.stringify(kept)]) {
      expect(shown).toContain('t=[redacted]');
      expect(shown).not.toContain(token.slice(10));
    }
  });

  test('tells progress at most four times a second, with the artifact that can be followed', async () => {
    const { client, file } = await startServer();
    file(
      'talk.mjs',
      `const timer = setInterval(() => console.log('tick ' + 'z'.repeat(50)), 5);
       setTimeout(() => { clearInterval(timer); console.log('last'); }, 3200);`,
    );
    const caller = client({ era });
    const messages: { message?: string; progress: number }[] = [];
    let updates: Promise<() => number> | undefined;
    const onProgress = (progress: { message?: string; progress: number }) => {
      messages.push(progress);
      const [uri] = /artifact:\/\/\w+/.exec(progress.message ?? '') ?? [];
      if (uri !== undefined) updates ??= followUpdates(caller, uri);
    };
    const started = performance.now();
    const answer = await caller.call('run', { program: 'node', args: ['talk.mjs'] }, { onProgress });
    const seconds = (performance.now() - started) / 1000;
    expect(messages.length).toBeGreaterThan(4);
    expect(messages.length).toBeLessThanOrEqual(Math.ceil(seconds * 4) + 1);
    for (const { message = '' } of messages) expect(Buffer.byteLength(message)).toBeLessThanOrEqual(1_024);
    expect(messages.some(({ message }) => message?.includes('tick z'))).toBe(true);
    const count = await updates!;
    await eventually(() => expect(count()).toBeGreaterThan(1));
    expect(messages.at(-1)?.message).toContain(`artifact://${dataOf(answer).outputId}`);
  });

  test('asks where the policy says so, and runs after a yes', async () => {
    const asked: string[] = [];
    const policy = {
      profile: 'dev',
      rules: [{ id: 'mine', program: 'touch', effect: 'ask', reason: 'changes times' }],
    } as const;
    const { client, root } = await startServer({ policy });
    const person = (action: 'accept' | 'decline') =>
      client({
        era,
        onInput: {
          elicit: ({ message }) => {
            asked.push(message);
            return { action, ...(action === 'accept' && { content: {} }) };
          },
        },
      });
    const command = { program: 'touch', args: ['made'] };

    const declined = await person('decline').call('run', command);
    expect(codeOf(declined)).toBe('COMMAND_NOT_APPROVED');
    expect(textOf(declined)).toMatch(/changes times.*rule: mine/);
    const impossible = await client({ era }).call('run', command);
    expect(codeOf(impossible)).toBe('COMMAND_NOT_APPROVED');
    expect(textOf(impossible)).toContain('This client cannot ask');
    expect(() => readFileSync(join(root, 'made'))).toThrow('ENOENT');

    const accepted = await person('accept').call('run', command);
    expect(accepted.isError).toBeUndefined();
    expect(readFileSync(join(root, 'made'), 'utf8')).toBe('');
    expect(asked).toHaveLength(2);
    expect(asked[1]).toMatch(/"touch"\W+"made"/);
  });

  test('a command the cache knows says so', async () => {
    const { client } = await startServer();
    const caller = client({ era });
    const command = { program: 'sort', stdin: 'b\na\n' };
    // The profile dev lets sort write, so it is not pure there.
    expect(dataOf(await caller.call('run', command)).cached).toBeUndefined();
    const pure = { program: 'tr', args: ['a', 'b'], stdin: 'aa' };
    const first = await caller.call('run', pure);
    const second = await caller.call('run', pure);
    expect(dataOf(first).cached).toBeUndefined();
    expect(dataOf(second)).toMatchObject({ cached: true, stdout: { text: 'bb' } });
    expect(textOf(second)).toBe('bb\n[exit code 0; kept from an earlier run]');
  });
});

test('the result does not wait for a child that holds the output open', async () => {
  const { client, file } = await startServer();
  const seconds = uniqueSeconds();
  file(
    'holder.mjs',
    `import { spawn } from 'node:child_process';
     spawn('sleep', ['${seconds}'], { stdio: 'inherit' }).unref();
     process.on('exit', () => process.stdout.write(String(Date.now())));`,
  );
  const caller = client({ as: ann });
  const late: number[] = [];
  for (let time = 0; time < 5; time++) {
    const answer = await caller.call('run', { program: 'node', args: ['holder.mjs'] });
    expect(dataOf(answer).reason).toBe('exited');
    late.push(Date.now() - Number(dataOf(answer).stdout.text));
  }
  // The best of some: other work on this machine takes its time as well.
  expect(Math.min(...late)).toBeLessThan(50);
  await waitForProcesses(seconds, 0);
});

test('a flood is bounded: 64 MiB are kept, the rest is told', { timeout: 60_000 }, async () => {
  const { client, file } = await startServer();
  file(
    'flood.mjs',
    `const piece = 'q'.repeat(1023) + '\\n';
     let left = 70 * 1024;
     const write = () => { while (left-- > 0) if (!process.stdout.write(piece)) return process.stdout.once('drain', write); };
     write();`,
  );
  const caller = client({ as: ann });
  const answer = await caller.call('run', { program: 'node', args: ['flood.mjs'] });
  const { outputId, stdout } = dataOf(answer);
  expect(stdout.totalBytes).toBe(70 * 1024 * 1024);
  const end = textOf(await caller.call('read_output', { id: outputId, lastLines: 2 }));
  expect(end).toMatch(/\[… \d+ bytes were not kept: at most 67108864 bytes are …\]/);
  const lost = Number(/… (\d+) bytes were/.exec(end)?.[1]);
  const kept = Number(/of (\d+) bytes/.exec(end)?.[1]);
  expect(kept).toBeLessThan(64 * 1024 * 1024 + 200);
  expect(kept + lost).toBeGreaterThanOrEqual(stdout.totalBytes);
});

test('a binary output is named as such', async () => {
  const { client, file } = await startServer();
  file('binary.mjs', 'process.stdout.write(Buffer.from([0, 1, 2, 255, 254, 0, 0, 3]));');
  const answer = await client({}).call('run', { program: 'node', args: ['binary.mjs'] });
  expect(textOf(answer)).toMatch(/bytes that are not text; redirect it to a file with run_line\]/);
});

test('a silent run is reported every ten seconds', async () => {
  const clock = fakeClock();
  const { client } = await startServer({ clock });
  const seconds = uniqueSeconds();
  const caller = client({});
  const messages: string[] = [];
  const running = caller
    .call(
      'run',
      { program: 'sleep', args: [seconds] },
      { onProgress: ({ message }) => messages.push(message ?? '') },
    )
    .catch(() => {});
  await waitForProcesses(seconds, 1);
  await clock.advance(10_000);
  await eventually(() => expect(messages.length).toBeGreaterThan(0));
  await eventually(async () => {
    await clock.advance(10_000);
    expect(messages.at(-1)).toMatch(/^0 bytes, all of it in artifact:\/\/\w+/);
  });
  await caller.close();
  await running;
  await waitForProcesses(seconds, 0);
  // Nobody wrote anything: the artifact that was opened for it is gone as well.
  await eventually(async () => expect(await client({}).list('resources')).toEqual([]));
});
