import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandPolicy } from '@toolyard/validation/command';
import { expect, test } from 'vitest';

import { loadTools, ToolsFileError } from '../../src/user-tools/load-tools.ts';
import { toolsFileJsonSchema } from '../../src/user-tools/tools-file.ts';
import { temporaryDirectory } from '../temporary-directory.ts';
import { writeTools, type WrittenTool } from './serve-tools.ts';

const surroundings = { policy: commandPolicy({ profile: 'readonly' }), reserved: new Set(['run']) };
const description = 'For a test.';

async function problemsWith(...tools: readonly WrittenTool[]): Promise<readonly string[]> {
  const path = join(temporaryDirectory(), 'tools.json');
  writeTools(path, tools);
  return problemsIn(path);
}

async function problemsIn(path: string): Promise<readonly string[]> {
  const error = await loadTools(path, surroundings).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error === undefined) return [];
  if (!(error instanceof ToolsFileError)) throw error;
  return error.problems;
}

/** A tool `t` with one parameter `p`. */
function withParameter(parameter: Record<string, unknown>, run: readonly unknown[] = ['echo', '{p}']) {
  return { name: 't', description, parameters: { p: { description, ...parameter } }, run };
}

test('tools.schema.json is the JSON Schema of the file', () => {
  const written: unknown = JSON.parse(
    readFileSync(new URL('../../tools.schema.json', import.meta.url), 'utf8'),
  );
  expect(written).toEqual(JSON.parse(JSON.stringify(toolsFileJsonSchema())));
});

test('a file may name its schema and hold nothing else', async () => {
  const path = join(temporaryDirectory(), 'tools.json');
  writeFileSync(path, '\ufeff{ "$schema": "./tools.schema.json", "tools": [] }');
  expect(await loadTools(path, surroundings)).toEqual([]);
});

test('everything that is wrong is told at once, with the name of the tool', async () => {
  const problems = await problemsWith(
    { name: 'good', description, run: ['ls'] },
    { name: 'first', description, run: ['ls', 7], more: true },
    { name: 'bad name', description, run: ['/bin/ls'] },
    { description: '', run: [] },
  );
  expect(problems).toEqual([
    'first: run.1: has to be a text, or { "when": …, "args": [ … ] } with texts.',
    expect.stringMatching(/^first: .*more/),
    expect.stringMatching(/^bad name: name: has to be 1 to 64 of/),
    'bad name: run.0: has to be the bare name of a program.',
    expect.stringMatching(/^The tool 4: name: /),
    expect.stringMatching(/^The tool 4: description: /),
    expect.stringMatching(/^The tool 4: run\.0: /),
  ]);
});

test('a program that the policy does not know is refused with the rule', async () => {
  expect(await problemsWith({ name: 'evil', description, run: ['bash', '-c', 'x'] })).toEqual([
    expect.stringMatching(
      /^evil: The policy never allows this command\. bash is not allowed because .* \(rule: never\.bash\)$/,
    ),
  ]);
  expect(await problemsWith({ name: 'mine', description, run: ['mytool', '{{}}'] })).toEqual([
    expect.stringMatching(/^mine: .*"mytool" is not allowed\. .* \(rule: program\)$/),
  ]);
});

test('a command without places for values is decided when the file is read', async () => {
  expect(await problemsWith({ name: 'log', description, run: ['git', 'log', '--output=x'] })).toEqual([
    expect.stringMatching(/^log: .*"--output" is not allowed because it writes a file.*git\.log\.--output/),
  ]);
  expect(
    await problemsWith({ name: 'path', description, run: ['ls'], env: { LD_PRELOAD: '/tmp/x.so' } }),
  ).toEqual([expect.stringMatching(/^path: .*"LD_PRELOAD" is not allowed.*\(rule: environment\)$/)]);
  expect(await problemsWith({ name: 'log', description, run: ['git', 'log', '--oneline'] })).toEqual([]);
});

test('names are taken once, and those of the server are its own', async () => {
  const tool = { description, run: ['ls'] };
  expect(
    await problemsWith({ name: 'a', ...tool }, { name: 'a', ...tool }, { name: 'run', ...tool }),
  ).toEqual([
    'a: There is another tool of this name in the file.',
    'run: This server has a tool of this name itself; choose another.',
  ]);
});

test('placeholders and parameters belong together', async () => {
  const problems = await problemsWith({
    name: 't',
    description,
    parameters: {
      used: { type: 'string', description },
      unused: { type: 'string', description },
      always: { type: 'integer', description, default: 3 },
    },
    run: [
      'echo',
      '{used}',
      '{other}',
      '{0}',
      { when: 'always', args: ['{always}'] },
      { when: 'x', args: ['y'] },
    ],
  });
  expect(problems).toEqual([
    't: "{other}" names the parameter "other", which is not there; write {{other}} for the text itself.',
    't: "{0}" has a { that is part of no placeholder; write {{ for the character.',
    't: "when": "always" names a parameter that is always given; make it optional, or a boolean.',
    't: "when": "x" names a parameter that is not there.',
    't: The parameter "unused" stands nowhere in the command.',
  ]);
});

test('the names of parameters are plain', async () => {
  const parameter = { type: 'string', description };
  for (const name of ['1a', 'a-b', 'a b', '', '_a'])
    expect(
      await problemsWith({ name: 't', description, parameters: { [name]: parameter }, run: ['ls', 'x'] }),
    ).toEqual([`t: parameters.${name}: has to begin with a letter, with letters, digits and "_" after it.`]);
  expect(
    await problemsWith({
      name: 't',
      description,
      parameters: { toString: parameter },
      run: ['ls', '{toString}'],
    }),
  ).toEqual(['t: "toString" is a name that every object has; call the parameter otherwise.']);
});

test.each([
  [{ type: 'text' }, /parameters\.p.*has to have a type: string, integer, number or boolean/],
  [{ type: 'string', optional: true, default: 'x' }, /is optional and has a default/],
  [{ type: 'string', enum: ['a', 'b'], default: 'c' }, /has a default that it does not take/],
  [{ type: 'string', maxLength: 2, default: 'abc' }, /has a default that it does not take/],
  [{ type: 'integer', default: 1.5 }, /has a default that it does not take/],
  [{ type: 'integer', enum: [1, 1.5] }, /its enum holds other numbers/],
  [{ type: 'number', minimum: 3, maximum: 1 }, /has a minimum of 3 above its maximum of 1/],
  [{ type: 'string', pattern: '(' }, /has a pattern that cannot be used/],
  [{ type: 'string', pattern: '(a)\\1' }, /has a pattern that cannot be used/],
  [{ type: 'string', pattern: '(?=a)a' }, /has a pattern that cannot be used/],
  [{ type: 'string', pattern: '(\\w{1,500}){1,500}' }, /has a pattern that/],
])('a parameter that makes no sense is refused: %j', async (parameter, problem) => {
  expect(await problemsWith(withParameter(parameter))).toEqual([expect.stringMatching(problem)]);
});

test('a value may not choose the option, unless the file lists the values', async () => {
  const chosen = [expect.stringContaining('the value would choose the option')];
  expect(await problemsWith(withParameter({ type: 'string' }, ['ls', '--{p}']))).toEqual(chosen);
  expect(await problemsWith(withParameter({ type: 'string' }, ['ls', '-{p}']))).toEqual(chosen);
  expect(await problemsWith(withParameter({ type: 'integer' }, ['head', '-{p}']))).toEqual([]);
  expect(await problemsWith(withParameter({ type: 'string', enum: ['all'] }, ['ls', '--{p}']))).toEqual([]);
  expect(await problemsWith(withParameter({ type: 'string' }, ['ls', '--sort={p}']))).toEqual([]);
});

test('a file that cannot be read is told apart from one that is wrong', async () => {
  const directory = temporaryDirectory();
  const at = (name: string) => join(directory, name);
  expect(await problemsIn(at('missing.json'))).toEqual([expect.stringContaining('ENOENT')]);
  mkdirSync(at('directory'));
  expect(await problemsIn(at('directory'))).toEqual(['It cannot be read: it is not a file.']);
  execFileSync('mkfifo', [at('pipe')]);
  expect(await problemsIn(at('pipe'))).toEqual(['It cannot be read: it is not a file.']);
  writeFileSync(at('large.json'), Buffer.alloc(1024 * 1024 + 1, ' '));
  expect(await problemsIn(at('large.json'))).toEqual(['It cannot be read: it is larger than 1 MiB.']);
  writeFileSync(at('broken.json'), '{ "tools": [');
  expect(await problemsIn(at('broken.json'))).toEqual([expect.stringMatching(/^It is not JSON: /)]);
  writeFileSync(at('latin.json'), Buffer.from('{"tools": [], "$schema": "\xe9"}', 'latin1'));
  expect(await problemsIn(at('latin.json'))).toEqual([expect.stringMatching(/^It cannot be read: /)]);
  writeFileSync(at('list.json'), '[]');
  expect(await problemsIn(at('list.json'))).toEqual([expect.stringMatching(/^The file: /)]);
});

test('of very many problems the first are told', async () => {
  const tools = Array.from({ length: 60 }, () => ({ name: 'a', description, run: ['ls'] }));
  const problems = await problemsWith(...tools);
  expect(problems).toHaveLength(21);
  expect(problems.at(-1)).toBe('… and 39 more.');
});
