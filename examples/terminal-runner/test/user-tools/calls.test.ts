import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { callerKey, local, type CallToolResult, type JsonObject } from '@toolyard/core';
import type { ProcessInfo } from '@toolyard/core/process';
import { createTestClient, type TestClient } from '@toolyard/core/testing';
import { describe, expect, test } from 'vitest';

import type { Commands } from '../../src/commands/commands.ts';
import { eras, serveTools, type WrittenTool } from './serve-tools.ts';

const description = 'For a test.';
const text = { type: 'string', description, maxLength: 65_536 };

/** Each argument in a line, between < and >. */
const show = (name: string, parameters: JsonObject, args: readonly unknown[]): WrittenTool => ({
  name,
  description,
  parameters,
  run: ['printf', '<%s>\\n', ...args],
});

function stdoutOf({ structuredContent }: CallToolResult): { text?: string; totalBytes?: number } {
  return (structuredContent as { stdout?: object } | undefined)?.stdout ?? {};
}

function codeOf({ isError, _meta }: CallToolResult): unknown {
  return isError && (_meta?.['toolyard/error'] as JsonObject | undefined)?.['code'];
}

function textOf({ content }: CallToolResult): string {
  return content.map((block) => (block.type === 'text' ? block.text : '')).join('\n');
}

async function argumentsOf(client: TestClient, name: string, args: JsonObject): Promise<unknown> {
  const called = await client.call(name, args);
  // Of a failure the text, which says why.
  return called.isError ? textOf(called) : stdoutOf(called).text;
}

describe.each(eras)('for a %s client', (era) => {
  test('a tool of the file is listed with its parameters and runs its command', async () => {
    const { app, root } = await serveTools([
      {
        name: 'count_lines',
        title: 'Count lines',
        description: 'How many lines a file has.',
        parameters: {
          path: { type: 'string', description: 'Relative to the root', pattern: '[\\w./-]+', maxLength: 200 },
          unit: { type: 'string', description: 'What to count', enum: ['lines', 'words'], default: 'lines' },
          total: { type: 'string', description: 'When', optional: true },
          depth: { type: 'integer', description: 'Unused', minimum: 1, maximum: 9, default: 1 },
        },
        run: ['wc', '--{unit}', { when: 'total', args: ['--total={total}'] }, '{path}'],
        env: { COLUMNS: '{depth}' },
      },
    ]);
    writeFileSync(join(root, 'a.txt'), 'one two\nthree\n');
    await using client = createTestClient(app, { era });
    const [tool] = await client.list('tools');
    expect(tool).toMatchObject({
      name: 'count_lines',
      title: 'Count lines',
      description: 'How many lines a file has.',
      annotations: { readOnlyHint: true, destructiveHint: false, openWorldHint: false },
      inputSchema: {
        type: 'object',
        required: ['path'],
        additionalProperties: false,
        properties: {
          path: {
            type: 'string',
            description: 'Relative to the root',
            maxLength: 200,
            pattern: '^(?:[\\w./-]+)$',
          },
          unit: { enum: ['lines', 'words'], default: 'lines', description: 'What to count' },
          total: { type: 'string' },
          depth: { type: 'integer', minimum: 1, maximum: 9, default: 1 },
        },
      },
    });
    expect(await argumentsOf(client, 'count_lines', { path: 'a.txt' })).toBe('2 a.txt\n');
    expect(await argumentsOf(client, 'count_lines', { path: 'a.txt', unit: 'words' })).toBe('3 a.txt\n');
  });

  test.each([
    [{ path: 'a b' }, 'path'],
    [{ path: 'a\n' }, 'path'],
    [{ path: 'x'.repeat(201) }, 'path'],
    [{}, 'path'],
    [{ path: 'a', unit: 'bytes' }, 'unit'],
    [{ path: 'a', depth: 10 }, 'depth'],
    [{ path: 'a', depth: 1.5 }, 'depth'],
    [{ path: 'a', pth: 'b' }, 'pth'],
  ])('a value that a parameter does not take is refused: %j', async (args, field) => {
    const { app, decisions } = await serveTools([
      {
        name: 'show',
        description,
        parameters: {
          path: { type: 'string', description, pattern: '[a-z./]+', maxLength: 200 },
          unit: { type: 'string', description, enum: ['lines', 'words'], default: 'lines' },
          depth: { type: 'integer', description, maximum: 9, optional: true },
        },
        run: ['echo', '{path}', '{unit}', '{depth}'],
      },
    ]);
    await using client = createTestClient(app, { era });
    const refused = await client.call('show', args);
    expect(refused.isError).toBe(true);
    expect(textOf(refused)).toContain(field);
    expect(decisions).toEqual([]);
  });

  test('a value stays one argument, whatever it says', async () => {
    const { app } = await serveTools([show('show', { value: text }, ['{value}', 'end'])]);
    await using client = createTestClient(app, { era });
    for (const value of [
      'two words',
      ' ',
      '',
      '"quoted" and \'quoted\'',
      'line\nline',
      '; rm -rf /',
      '&& echo owned',
      '| cat /etc/passwd',
      '> /tmp/owned',
      '$(touch owned) `touch owned` $HOME ${HOME} %s',
      '*',
      '~',
      '\\',
      '{value}',
      '{{value}}',
      'é 漢字 👩‍👩‍👧',
    ]) {
      expect(await argumentsOf(client, 'show', { value })).toBe(`<${value}>\n<end>\n`);
    }
    const huge = stdoutOf(await client.call('show', { value: 'x'.repeat(60_000) }));
    expect(huge.totalBytes).toBe('<>\n<end>\n'.length + 60_000);
  });

  test('a value that begins an argument with a dash is refused, unless the file allows it', async () => {
    const free = { ...text, mayStartWithDash: true };
    const { app, decisions } = await serveTools([
      { name: 'log', description, parameters: { revision: text }, run: ['git', 'log', '{revision}'] },
      { name: 'log_any', description, parameters: { revision: free }, run: ['git', 'log', '{revision}'] },
      show('parts', { a: text, b: text }, ['{a}{b}']),
      show('inside', { a: text }, ['--a={a}']),
      show('number', { n: { type: 'number', description } }, ['{n}']),
      show('listed', { a: { type: 'string', description, enum: ['-a'] } }, ['{a}']),
    ]);
    await using client = createTestClient(app, { era });
    for (const revision of ['-rf', '--output=owned', '--upload-pack=touch owned', '-', '--'])
      expect(codeOf(await client.call('log', { revision }))).toBe('ARGUMENT_LOOKS_LIKE_OPTION');
    expect(codeOf(await client.call('parts', { a: '', b: '-x' }))).toBe('ARGUMENT_LOOKS_LIKE_OPTION');
    expect(codeOf(await client.call('number', { n: -1 }))).toBe('ARGUMENT_LOOKS_LIKE_OPTION');
    expect(decisions).toEqual([]);
    expect(await argumentsOf(client, 'parts', { a: 'a', b: '-x' })).toBe('<a-x>\n');
    expect(await argumentsOf(client, 'inside', { a: '-x' })).toBe('<--a=-x>\n');
    expect(await argumentsOf(client, 'listed', { a: '-a' })).toBe('<-a>\n');

    const denied = await client.call('log_any', { revision: '--output=owned' });
    expect(codeOf(denied)).toBe('COMMAND_DENIED');
    expect(textOf(denied)).toContain('(rule: git.log.--output)');
  });

  test('a value that makes the command one the policy denies is denied with the rule', async () => {
    const { app, root } = await serveTools([
      { name: 'git', description, parameters: { command: text }, run: ['git', '{command}'] },
      { name: 'edit', description, parameters: { script: text }, run: ['sed', '{script}', 'a.txt'] },
      { name: 'cat', description, parameters: { path: text }, run: ['cat', 'src/{path}'] },
      { name: 'at', description, parameters: { where: text }, run: ['ls'], cwd: '{where}' },
      { name: 'env', description, parameters: { term: text }, run: ['ls'], env: { TERM: '{term}' } },
      show('show', { a: text, b: text, c: text }, ['{a}', '{b}', '{c}']),
    ]);
    writeFileSync(join(root, 'a.txt'), 'a\n');
    await using client = createTestClient(app, { era });
    const denied = async (name: string, args: JsonObject) => {
      const result = await client.call(name, args);
      return [codeOf(result), /\(rule: (.*)\)/.exec(textOf(result))?.[1]];
    };
    expect(await denied('git', { command: 'push' })).toEqual(['COMMAND_DENIED', 'git.subcommand']);
    expect(await denied('edit', { script: '1e touch owned' })).toEqual([
      'COMMAND_DENIED',
      expect.stringMatching(/^sed\./),
    ]);
    const nul = await denied('show', { a: 'a\0b', b: '', c: '' });
    expect(nul).toEqual(['COMMAND_DENIED', 'printf.arguments']);
    const huge = 'x'.repeat(65_536);
    expect(await denied('show', { a: huge, b: huge, c: 'x' })).toEqual([
      'COMMAND_DENIED',
      'printf.arguments',
    ]);
    expect(await denied('env', { term: 'a\0b' })).toEqual(['COMMAND_DENIED', 'environment']);
    for (const path of ['../../../../../../etc/passwd', '../../settings/tools.json'])
      expect(codeOf(await client.call('cat', { path }))).toBe('PATH_OUTSIDE_ROOT');
    expect(codeOf(await client.call('at', { where: '/etc' }))).toBe('PATH_OUTSIDE_ROOT');
    expect(codeOf(await client.call('at', { where: 'a\0b' }))).toBe('PATH_INVALID');
    expect(existsSync(join(root, 'owned'))).toBe(false);
  });

  test('what is missing leaves out the arguments it stands in, and switches add some', async () => {
    const { app } = await serveTools([
      show(
        'show',
        {
          first: { ...text, optional: true },
          second: { ...text, optional: true },
          count: { type: 'integer', description, optional: true },
          loud: { type: 'boolean', description, default: false },
          quiet: { type: 'boolean', description, optional: true },
        },
        [
          'a',
          '{first}',
          '{first}:{second}',
          { when: 'count', args: ['n', '{count}', '{second}'] },
          { when: 'loud', args: ['loud={loud}'] },
          { when: 'quiet', args: ['quiet'] },
          'z',
        ],
      ),
    ]);
    await using client = createTestClient(app, { era });
    const shown = async (args: JsonObject) =>
      String(await argumentsOf(client, 'show', args))
        .trim()
        .split('\n');
    expect(await shown({})).toEqual(['<a>', '<z>']);
    expect(await shown({ first: '' })).toEqual(['<a>', '<>', '<z>']);
    expect(await shown({ first: 'x', second: 'y' })).toEqual(['<a>', '<x>', '<x:y>', '<z>']);
    expect(await shown({ count: 0 })).toEqual(['<a>', '<n>', '<0>', '<z>']);
    expect(await shown({ count: 2, second: 'y' })).toEqual(['<a>', '<n>', '<2>', '<y>', '<z>']);
    expect(await shown({ loud: true, quiet: false })).toEqual(['<a>', '<loud=true>', '<z>']);
    expect(await shown({ quiet: true })).toEqual(['<a>', '<quiet>', '<z>']);
  });

  test('values reach the working directory, the environment and the input', async () => {
    const where = { type: 'string', description, optional: true };
    const { app, root } = await serveTools([
      { name: 'where', description, parameters: { where }, run: ['pwd'], cwd: '{where}' },
      { name: 'sort', description, parameters: { lines: where }, run: ['sort'], stdin: 'm\n{lines}\n' },
      { name: 'when', description, parameters: { where }, run: ['date', '+%Z'], env: { TZ: '{where}' } },
    ]);
    mkdirSync(join(root, 'inner'));
    await using client = createTestClient(app, { era });
    expect(await argumentsOf(client, 'where', {})).toBe(`${root}\n`);
    expect(await argumentsOf(client, 'where', { where: 'inner' })).toBe(`${join(root, 'inner')}\n`);
    expect(await argumentsOf(client, 'sort', { lines: 'z\na' })).toBe('a\nm\nz\n');
    expect(await argumentsOf(client, 'sort', {})).toBe('');
    expect(await argumentsOf(client, 'when', { where: 'XYZ3' })).toBe('XYZ\n');
  });

  test('a command that somebody has to allow runs with a yes and not without', async () => {
    const policy = {
      profile: 'readonly',
      rules: [{ id: 'my.rule', program: 'ls', effect: 'ask', reason: 'somebody wants to know' }],
    } as const;
    const { app, decisions } = await serveTools(
      [{ name: 'list', description, parameters: { path: text }, run: ['ls', '{path}'] }],
      { policy },
    );
    const answers: ('accept' | 'decline')[] = ['accept', 'decline'];
    const asked: string[] = [];
    await using person = createTestClient(app, {
      era,
      onInput: {
        elicit({ message }) {
          asked.push(message);
          return { action: answers.shift() ?? 'cancel', content: {} };
        },
      },
    });
    expect((await person.call('list', { path: '.' })).isError).toBeFalsy();
    expect(codeOf(await person.call('list', { path: '.' }))).toBe('COMMAND_NOT_APPROVED');
    expect(asked).toHaveLength(2);
    expect(asked[0]).toContain('somebody wants to know');
    await using nobody = createTestClient(app, { era });
    const unasked = await nobody.call('list', { path: '.' });
    expect(codeOf(unasked)).toBe('COMMAND_NOT_APPROVED');
    expect(textOf(unasked)).toContain('my.rule');
    expect(decisions.filter(({ isApproved }) => isApproved === true)).toHaveLength(1);
  });

  test('long output is cut, and all of it can be read by its id', async () => {
    const { app, commands } = await serveTools([{ name: 'numbers', description, run: ['seq', '20000'] }]);
    await using client = createTestClient(app, { era });
    const numbers = await client.call('numbers');
    const { outputId = '' } = (numbers.structuredContent ?? {}) as { outputId?: string };
    expect(textOf(numbers)).toMatch(/^1\n2\n[^]*left out[^]*20000\n\[exit code 0\]/);
    const [kept] = await commands.artifacts.list(callerOf());
    expect(kept).toMatchObject({ id: outputId, name: 'seq 20000' });
  });

  test('a program that fails or takes too long is an error with its output', async () => {
    const { app, commands } = await serveTools([
      { name: 'fail', description, run: ['cat', 'missing.txt'] },
      { name: 'slow', description, run: ['sleep', '30'], timeoutMs: 200 },
    ]);
    await using client = createTestClient(app, { era });
    const failed = await client.call('fail');
    expect(failed).toMatchObject({ isError: true, structuredContent: { exitCode: 1, reason: 'exited' } });
    expect(textOf(failed)).toContain('No such file');
    const slow = await client.call('slow');
    expect(slow).toMatchObject({ isError: true, structuredContent: { reason: 'timedOut' } });
    expect(running(commands)).toEqual([]);
  });

  test('a cancelled call ends its program', async () => {
    const { app, commands } = await serveTools([{ name: 'slow', description, run: ['sleep', '30'] }]);
    await using client = createTestClient(app, { era });
    const controller = new AbortController();
    const call = client.call('slow', {}, { signal: controller.signal });
    await expect.poll(() => running(commands), { timeout: 5_000 }).toHaveLength(1);
    controller.abort();
    await expect(call).rejects.toMatchObject({ name: 'AbortError' });
    await expect.poll(() => running(commands), { timeout: 5_000 }).toEqual([]);
  });
});

test('what a policy can do is what the tools say of themselves', async () => {
  const { app } = await serveTools(
    [
      { name: 'list', description, run: ['ls'], readOnly: true },
      { name: 'make', description, run: ['mkdir', 'x'] },
    ],
    { policy: { profile: 'dev' } },
  );
  // Nothing but a sandbox could see to a promise, and there is none.
  for (const { annotations } of await app.list('tools'))
    expect(annotations).toEqual({ readOnlyHint: false, destructiveHint: true, openWorldHint: true });
});

test('a tool that is declared to only read writes nothing it names', async () => {
  const touch = { description, parameters: { path: text }, run: ['touch', '{path}'] };
  const { app, root } = await serveTools(
    [
      { name: 'touch', ...touch },
      { name: 'touch_not', ...touch, readOnly: true },
    ],
    { policy: { profile: 'dev' } },
  );
  await using client = createTestClient(app);
  const refused = await client.call('touch_not', { path: 'a' });
  expect(codeOf(refused)).toBe('COMMAND_DENIED');
  expect(existsSync(join(root, 'a'))).toBe(false);
  expect((await client.call('touch', { path: 'a' })).isError).toBeFalsy();
  expect(existsSync(join(root, 'a'))).toBe(true);
});

test('a tree that would run programs of its own is not looked at', async () => {
  const { app, root } = await serveTools([
    { name: 'status', description, run: ['git', 'status', '--short'] },
  ]);
  const git = (...args: readonly string[]) => execFileSync('git', ['-C', root, ...args]);
  git('init', '--quiet');
  await using client = createTestClient(app);
  expect((await client.call('status')).isError).toBeFalsy();
  git('config', 'filter.x.clean', `touch ${join(root, 'owned')}`);
  expect(codeOf(await client.call('status'))).toBe('COMMAND_DENIED');
  expect(existsSync(join(root, 'owned'))).toBe(false);
});

/** What runs for the client of a test. */
function running({ supervisor }: Commands): ProcessInfo[] {
  return supervisor.list(callerOf());
}

function callerOf(): string {
  return callerKey({ tenant: undefined, principal: local });
}

// Asked without our own code: a sandbox that we broke must fail here, not skip.
const hasSandbox =
  spawnSync('bwrap', ['--unshare-all', '--ro-bind', '/', '/', '--proc', '/proc', 'true']).status === 0;

test.skipIf(!hasSandbox)('what a tool declares about writing is kept by a sandbox', async () => {
  const write = { description, run: ['node', 'write.mjs'] };
  const { app, root } = await serveTools(
    [
      { name: 'write', ...write },
      { name: 'look', ...write, readOnly: true },
    ],
    { policy: { profile: 'dev' }, sandbox: 'bwrap' },
  );
  writeFileSync(join(root, 'write.mjs'), `import fs from 'node:fs'; fs.writeFileSync('made', '');`);
  await using client = createTestClient(app);
  const [writes, looks] = await client.list('tools');
  expect(writes?.annotations).toMatchObject({ readOnlyHint: false, destructiveHint: true });
  expect(looks?.annotations).toMatchObject({ readOnlyHint: true, destructiveHint: false });
  expect(textOf(await client.call('look'))).toContain('EROFS');
  expect(existsSync(join(root, 'made'))).toBe(false);
  expect((await client.call('write')).isError).toBeFalsy();
  expect(existsSync(join(root, 'made'))).toBe(true);
});
