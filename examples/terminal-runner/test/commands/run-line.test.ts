import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { uniqueSeconds, waitForProcesses } from '../processes.ts';
import { codeOf, dataOf, eras, startServer, textOf } from './setup.ts';

describe.each(eras)('run_line, for a %s client', (era) => {
  test('pipes, and tells how each command ended', async () => {
    const { client } = await startServer();
    const answer = await client({ era }).call('run_line', { line: 'seq 100 | grep 7 | head -2' });
    expect(textOf(answer)).toBe('7\n17\n[exit code 0]');
    expect(dataOf(answer).commands).toMatchObject([
      { program: 'seq', exitCode: 0 },
      { program: 'grep' },
      { program: 'head', exitCode: 0, signal: null },
    ]);
  });

  test('&&, || and ; go by the outcome, and the last command gives the exit code', async () => {
    const { client } = await startServer();
    const run = (line: string) => client({ era }).call('run_line', { line });
    expect(textOf(await run('true && echo a || echo b'))).toBe('a\n[exit code 0]');
    expect(textOf(await run('false && echo a || echo b'))).toBe('b\n[exit code 0]');
    const failed = await run('echo first; false');
    expect(failed.isError).toBe(true);
    expect(textOf(failed)).toBe('first\n[exit code 1]');
    expect(dataOf(failed).commands.map(({ program }: { program: string }) => program)).toEqual([
      'echo',
      'false',
    ]);
    const skipped = await run('false && echo never');
    expect(dataOf(skipped)).toMatchObject({ exitCode: 1, commands: [{ program: 'false' }] });
  });

  test('redirects read and write files of the root', async () => {
    const { client, file, root } = await startServer();
    file('in.txt', 'b\na\n');
    const run = (line: string) => client({ era }).call('run_line', { line });
    const sorted = await run('sort < in.txt > out.txt; echo more >> out.txt');
    expect(textOf(sorted)).toBe('[exit code 0]');
    expect(readFileSync(join(root, 'out.txt'), 'utf8')).toBe('a\nb\nmore\n');
    const both = await run('ls missing > all.txt 2>&1');
    expect(both.isError).toBe(true);
    expect(readFileSync(join(root, 'all.txt'), 'utf8')).toContain('missing');
    const outside = await run('echo x > ../escaped.txt');
    expect(outside.isError).toBe(true);
    expect(textOf(outside)).toMatch(/escaped\.txt/);
    expect(() => readFileSync(join(root, '../escaped.txt'))).toThrow('ENOENT');
  });

  test('input goes to the first command', async () => {
    const { client } = await startServer();
    const answer = await client({ era }).call('run_line', {
      line: 'tr a b | cat; cat',
      stdin: 'aa',
    });
    expect(dataOf(answer).stdout.text).toBe('bb');
  });

  test('what only a shell can do is refused, with the place and what is allowed', async () => {
    const { client, root } = await startServer();
    const run = (line: string) => client({ era }).call('run_line', { line });
    for (const line of ['echo $HOME', 'echo `id`', 'sleep 1 &', 'for x in a; do echo; done', 'cat *.txt']) {
      const answer = await run(`touch made; ${line}`);
      expect(codeOf(answer)).toBe('COMMAND_LINE_NOT_ALLOWED');
      expect(textOf(answer)).toMatch(/^Character \d+, /);
    }
    expect(textOf(await run('for x in a; do echo; done'))).toContain('Allowed: programs with plain');
    expect(() => readFileSync(join(root, 'made'))).toThrow('ENOENT');
  });

  test('one command that is denied keeps all from running', async () => {
    const { client, root } = await startServer();
    const answer = await client({ era }).call('run_line', { line: 'touch made && bash -c id' });
    expect(codeOf(answer)).toBe('COMMAND_DENIED');
    expect(textOf(answer)).toContain('(rule: never.bash)');
    expect(() => readFileSync(join(root, 'made'))).toThrow('ENOENT');
  });

  test('asks once for all commands that need it, and runs each once', async () => {
    const asked: string[] = [];
    const { client, file, root } = await startServer();
    file('a', '');
    file('b', '');
    const caller = client({
      era,
      onInput: {
        elicit: ({ message }) => {
          asked.push(message);
          return { action: 'accept', content: {} };
        },
      },
    });
    const answer = await caller.call('run_line', { line: 'echo once >> log && rm a && rm b' });
    expect(textOf(answer)).toBe('[exit code 0]');
    expect(readFileSync(join(root, 'log'), 'utf8')).toBe('once\n');
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatch(/"rm"\W+"a".*"rm"\W+"b"/s);
    expect(() => readFileSync(join(root, 'b'))).toThrow('ENOENT');
  });

  test('a line that runs out of time, or whose client cancels, leaves nothing behind', async () => {
    const { client } = await startServer();
    const seconds = uniqueSeconds();
    const line = `sleep ${seconds} | cat`;
    const caller = client({ era });
    const answer = await caller.call('run_line', { line, timeoutMs: 300 });
    expect(dataOf(answer).reason).toBe('timedOut');
    expect(textOf(answer)).toContain('use start');
    await waitForProcesses(seconds, 0);

    const running = caller.call('run_line', { line }).catch(() => {});
    await waitForProcesses(seconds, 1);
    await caller.cancel();
    await running;
    await waitForProcesses(seconds, 0);
  });

  test('long output is kept', async () => {
    const { client } = await startServer();
    const caller = client({ era });
    const answer = await caller.call('run_line', { line: 'seq 9999 | cat' });
    const { outputId, stdout } = dataOf(answer);
    expect(stdout.omittedBytes).toBeGreaterThan(0);
    expect(answer.content[1]).toMatchObject({ type: 'resource_link', name: 'seq 9999 | cat' });
    const all = await caller.read(`artifact://${outputId}`);
    expect(all.contents[0]).toMatchObject({ text: expect.stringMatching(/^1\n2\n[^]*\n9999\n$/) });
  });
});
