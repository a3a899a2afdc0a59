import { describe, expect, expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import { commandPolicy, policyJsonSchema, PROFILES, type PolicyDocument } from '../../src/command.ts';
import { policySchema } from '../../src/command/policy/schema.ts';

const readonly = commandPolicy({ profile: 'readonly' });
const dev = commandPolicy({ profile: 'dev' });

describe('a decision', () => {
  test('names the rule and what would be allowed', () => {
    const { effect, ruleId, reason } = readonly.decide({ program: 'git', args: ['log', '--output=x'] });
    expect(effect).toBe('deny');
    expect(ruleId).toBe('git.log.--output');
    expect(reason).toMatch(
      /^git log: "--output" is not allowed because it writes a file; .* Allowed: .*--oneline|more/,
    );
    expect(reason.length).toBeLessThan(500);
  });

  test('says when an option is abbreviated', () => {
    expect(dev.decide({ program: 'git', args: ['fetch', '--upload-p=x'] }).reason).toContain(
      'options are not abbreviated (--upload-pack?)',
    );
  });

  test('puts options first, then --, then operands', () => {
    expect(readonly.decide({ program: 'grep', args: ['a', 'src', '-in', 'b'] })).toMatchObject({
      args: ['-in', '--', 'a', 'src', 'b'],
      operands: [
        { value: 'src', access: 'read' },
        { value: 'b', access: 'read' },
      ],
    });
  });

  test('joins long options with their values', () => {
    expect(readonly.decide({ program: 'head', args: ['--lines', '3', 'a'] }).args).toEqual([
      '--lines=3',
      '--',
      'a',
    ]);
  });

  test('hands on every path, those of options too', () => {
    const { operands } = dev.decide({ program: 'sort', args: ['-o', 'out', '--', '-in', '/abs/x'] });
    expect(operands).toEqual([
      { value: 'out', access: 'write' },
      { value: '-in', access: 'read' },
      { value: '/abs/x', access: 'read' },
    ]);
  });

  test('- is no path where it means stdin', () => {
    expect(readonly.decide({ program: 'cat', args: ['-', 'a'] }).operands).toEqual([
      { value: 'a', access: 'read' },
    ]);
  });

  test('a path that looks like root:path stays a path', () => {
    expect(readonly.decide({ program: 'cat', args: ['other:a.txt'] }).operands).toEqual([
      { value: './other:a.txt', access: 'read' },
    ]);
  });

  test('revisions that could be files are paths too', () => {
    expect(readonly.decide({ program: 'git', args: ['diff', 'a', '/etc/passwd'] }).operands).toEqual([
      { value: 'a', access: 'read' },
      { value: '/etc/passwd', access: 'read' },
    ]);
  });

  test('paths count from the directory of -C', () => {
    expect(
      readonly.decide({ program: 'git', args: ['-C', 'packages/a', 'log', '--', '../x'] }),
    ).toMatchObject({
      directory: 'packages/a',
      operands: [
        { value: 'packages/a', access: 'read' },
        { value: 'packages/a/../x', access: 'read' },
      ],
    });
  });

  test('git gets settings that keep the tree from running programs', () => {
    const { args, env, checks } = readonly.decide({ program: 'git', args: ['status'] });
    expect(args.join(' ')).toContain('-c core.fsmonitor=false');
    expect(args.join(' ')).toContain('-c core.hooksPath=/dev/null');
    expect(env).toMatchObject({
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_TERMINAL_PROMPT: '0',
      GIT_OPTIONAL_LOCKS: '0',
      PAGER: 'cat',
    });
    expect(checks).toEqual(['git-config']);
  });

  test('a script is a path to node, whatever its name', () => {
    expect(dev.decide({ program: 'node', args: ['inspect', '-x'] }).args).toEqual(['./inspect', '-x']);
    expect(dev.decide({ program: 'node', args: ['--', 'inspect'] }).args).toEqual(['--', './inspect']);
  });

  test('node takes values of V8 only attached', () => {
    expect(dev.decide({ program: 'node', args: ['--max-old-space-size', '512', 'a.js'] }).args).toEqual([
      '--max-old-space-size=512',
      './a.js',
    ]);
  });

  test('what is refused says what to do instead', () => {
    expect(dev.decide({ program: 'xargs', args: ['rm'] }).reason).toContain('list them first');
    expect(dev.decide({ program: 'find', args: ['.', '-exec', 'id', ';'] }).reason).toContain(
      'list the files',
    );
    expect(dev.decide({ program: 'unzip', args: ['a.zip'] }).reason).toContain('use tar');
    expect(dev.decide({ program: 'git', args: ['apply', 'a.patch'] }).reason).toContain('file tools');
  });

  test('names are hidden where a document says', () => {
    const policy = commandPolicy(
      {
        profile: 'none',
        programs: {
          pack: {
            flags: '-v',
            hides: { what: 'protected', also: ['c'], as: ['--skip={anyCase}', '!{name}'], at: 'end' },
            operands: ['read*'],
          },
        },
      },
      { secretNames: ['a*'], readOnlyNames: ['.B1'] },
    );
    expect(policy.decide({ program: 'pack', args: ['x', '-v'] }).args).toEqual([
      '-v',
      '--',
      'x',
      '--skip=[aA]*',
      '!a*',
      '--skip=.[bB]1',
      '!.B1',
      '--skip=[cC]',
      '!c',
    ]);
  });

  test('tsc reads no list of arguments', () => {
    expect(dev.decide({ program: 'tsc', args: ['@args.txt'] }).args).toEqual(['./@args.txt']);
  });

  test('npx downloads nothing and keeps the rules of what it runs', () => {
    expect(dev.decide({ program: 'npx', args: ['vitest', 'run', '-t', 'x'] })).toMatchObject({
      effect: 'allow',
      args: ['--no', '--', 'vitest', 'run', '-t', 'x'],
    });
  });

  test('what prettier and eslint change is written', () => {
    expect(dev.decide({ program: 'prettier', args: ['--check', 'a.ts'] }).operands[0]).toEqual({
      value: 'a.ts',
      access: 'read',
    });
    expect(dev.decide({ program: 'prettier', args: ['--write', 'a.ts'] }).operands[0]).toEqual({
      value: 'a.ts',
      access: 'write',
    });
    expect(dev.decide({ program: 'eslint', args: ['a.ts', '--fix'] }).operands[0]).toEqual({
      value: 'a.ts',
      access: 'write',
    });
  });

  test('programs that write where they run say so', () => {
    const here = { value: '.', access: 'write' };
    expect(dev.decide({ program: 'npm', args: ['run', 'build'] }).operands).toContainEqual(here);
    expect(dev.decide({ program: 'tar', args: ['xf', 'a.tar'] }).operands).toContainEqual(here);
    expect(dev.decide({ program: 'tar', args: ['xf', 'a.tar', '-C', 'out'] }).operands).toContainEqual({
      value: 'out',
      access: 'write',
    });
    expect(dev.decide({ program: 'git', args: ['checkout', 'main'] }).operands).toContainEqual(here);
    expect(dev.decide({ program: 'tar', args: ['tf', 'a.tar'] }).operands).not.toContainEqual(here);
  });

  test('tar opens no archive of another host', () => {
    expect(readonly.decide({ program: 'tar', args: ['tf', 'host:a.tar'] })).toMatchObject({
      args: ['--force-local', '-t', '-f', 'host:a.tar'],
      operands: [{ value: './host:a.tar', access: 'read' }],
    });
  });

  test('a recursive diff follows no links', () => {
    expect(readonly.decide({ program: 'diff', args: ['-ru', 'a', 'b'] }).args).toContain('--no-dereference');
    expect(readonly.decide({ program: 'diff', args: ['-ur', 'a', 'b'] }).args).toContain('--no-dereference');
  });

  test('the working directory and what is above it are not deleted', () => {
    for (const path of ['/work/tree', '/work', '/', '/work/tree/', '/work/tree/src/..'])
      expect(dev.decide({ program: 'rm', args: ['-r', path], cwd: '/work/tree' }).effect).toBe('deny');
    expect(dev.decide({ program: 'rm', args: ['-r', '/work/tree/src'], cwd: '/work/tree' }).effect).toBe(
      'ask',
    );
  });

  test('only what depends on nothing else is pure', () => {
    expect(readonly.decide({ program: 'cat', args: ['a'] }).pure).toBe(true);
    expect(readonly.decide({ program: 'date', args: [] }).pure).toBe(false);
  });

  test('programs of other objects are no programs', () => {
    for (const program of ['constructor', 'toString', '__proto__'])
      expect(dev.decide({ program }).effect).toBe('deny');
  });

  test('too many and too long arguments are refused', () => {
    expect(readonly.decide({ program: 'ls', args: Array.from({ length: 1_025 }, () => 'a') }).effect).toBe(
      'deny',
    );
    expect(readonly.decide({ program: 'ls', args: ['a'.repeat(131_073)] }).effect).toBe('deny');
    expect(readonly.decide({ program: 'ls', args: Array.from({ length: 1_024 }, () => 'a') }).effect).toBe(
      'allow',
    );
  });
});

describe('environment variables', () => {
  test.each(['CI', 'NODE_ENV', 'DEBUG', 'FORCE_COLOR', 'LC_ALL', 'TZ'])('%s is allowed', (name) => {
    expect(readonly.decide({ program: 'ls', env: { [name]: 'x' } }).effect).toBe('allow');
  });

  test.each([
    'LD_PRELOAD',
    'DYLD_INSERT_LIBRARIES',
    'NODE_OPTIONS',
    'BASH_ENV',
    'ENV',
    'GIT_SSH_COMMAND',
    'GIT_DIR',
    'PAGER',
    'EDITOR',
    'PYTHONPATH',
    'PERL5OPT',
    'RUBYOPT',
    'npm_config_script_shell',
    'NPM_CONFIG_PREFIX',
    'IFS',
    'PS4',
    'PROMPT_COMMAND',
    'PATH',
    'HOME',
    'SHELLOPTS',
    'LESSOPEN',
    'TAR_OPTIONS',
    'GREP_OPTIONS',
    'RIPGREP_CONFIG_PATH',
    'JAVA_TOOL_OPTIONS',
    'SSH_ASKPASS',
    'WHATEVER',
    'a b',
    '',
  ])('%s is refused', (name) => {
    expect(readonly.decide({ program: 'ls', env: { [name]: 'x' } })).toMatchObject({
      effect: 'deny',
      ruleId: 'environment',
    });
  });

  test('a policy may name one', () => {
    const policy = commandPolicy({ profile: 'readonly', environment: ['NODE_OPTIONS'] });
    expect(policy.decide({ program: 'ls', env: { NODE_OPTIONS: '--no-warnings' } }).effect).toBe('allow');
    expect(policy.decide({ program: 'ls', env: { LD_PRELOAD: 'x' } }).effect).toBe('deny');
  });

  test('a value holds no NUL', () => {
    expect(readonly.decide({ program: 'ls', env: { CI: 'a\0b' } }).effect).toBe('deny');
  });
});

describe('a document', () => {
  test('the profile none allows nothing', () => {
    const none = commandPolicy({ profile: 'none' });
    expect(none.programs).toEqual([]);
    expect(none.decide({ program: 'ls' })).toMatchObject({ effect: 'deny' });
    expect(none.annotations).toEqual({ readOnlyHint: true, destructiveHint: false, openWorldHint: false });
  });

  test('annotations follow what may happen', () => {
    expect(readonly.annotations).toEqual({
      readOnlyHint: true,
      destructiveHint: false,
      openWorldHint: false,
    });
    expect(dev.annotations).toEqual({ readOnlyHint: false, destructiveHint: true, openWorldHint: true });
    const copies = commandPolicy({
      profile: 'none',
      programs: { cp: { does: 'reads', operands: ['read', 'write'] } },
    });
    expect(copies.annotations).toMatchObject({ readOnlyHint: false, openWorldHint: false });
    const unknown = commandPolicy({ profile: 'none', programs: { make: { operands: ['word*'] } } });
    expect(unknown.annotations).toMatchObject({ readOnlyHint: false, openWorldHint: true });
  });

  test('dev contains readonly', () => {
    expect(dev.programs).toEqual(expect.arrayContaining([...readonly.programs]));
  });

  test('programs are added and replaced', () => {
    const policy = commandPolicy({
      profile: 'readonly',
      programs: {
        make: {
          does: 'anything',
          flags: '-ks',
          options: { '-j --jobs': 'number' },
          operands: ['build|test'],
        },
        ls: { does: 'reads', operands: [] },
      },
    });
    expect(policy.decide({ program: 'make', args: ['-j4', 'build'] }).effect).toBe('allow');
    expect(policy.decide({ program: 'make', args: ['install'] })).toMatchObject({
      effect: 'deny',
      ruleId: 'make.operand',
    });
    expect(policy.decide({ program: 'make', args: ['-f', 'x', 'build'] }).effect).toBe('deny');
    expect(policy.decide({ program: 'ls', args: ['-l'] }).effect).toBe('deny');
  });

  test('a rule takes back a question, asks, or denies; deny wins', () => {
    const policy = commandPolicy({
      profile: 'dev',
      rules: [
        {
          id: 'push-is-fine',
          program: 'git',
          subcommand: 'push',
          effect: 'allow',
          reason: 'this is a sandbox',
        },
        {
          id: 'no-tags',
          program: 'git',
          subcommand: 'push',
          option: '--tags',
          effect: 'deny',
          reason: 'tags are released by CI',
        },
        { id: 'commits', program: 'git', subcommand: 'commit', effect: 'ask', reason: 'a person signs off' },
        { id: 'no-npm', program: 'npm', effect: 'deny', reason: 'use the other one' },
      ],
    });
    expect(policy.decide({ program: 'git', args: ['push'] })).toMatchObject({
      effect: 'allow',
      ruleId: 'push-is-fine',
    });
    expect(policy.decide({ program: 'git', args: ['push', '--tags'] })).toMatchObject({
      effect: 'deny',
      ruleId: 'no-tags',
      args: [],
    });
    expect(policy.decide({ program: 'git', args: ['commit', '-m', 'x'] })).toMatchObject({
      effect: 'ask',
      ruleId: 'commits',
    });
    expect(policy.decide({ program: 'git', args: ['status'] }).effect).toBe('allow');
    expect(policy.decide({ program: 'npm', args: ['run', 'x'] })).toMatchObject({
      effect: 'deny',
      ruleId: 'no-npm',
    });
    expect(policy.decide({ program: 'npx', args: ['npm', 'run', 'x'] })).toMatchObject({
      effect: 'deny',
      ruleId: 'no-npm',
    });
  });

  test('an allowing rule opens nothing that has no rule', () => {
    const policy = commandPolicy({
      profile: 'dev',
      rules: [{ id: 'all', program: 'git', effect: 'allow', reason: 'trust' }],
    });
    expect(policy.decide({ program: 'git', args: ['log', '--output=x'] }).effect).toBe('deny');
    expect(policy.decide({ program: 'git', args: ['daemon'] }).effect).toBe('deny');
  });

  test.each<[string, unknown]>([
    ['an unknown profile', { profile: 'all' }],
    ['an unknown field', { profile: 'none', program: {} }],
    ['an unknown field of a program', { profile: 'none', programs: { ls: { flag: '-l' } } }],
    ['a misspelt kind', { profile: 'none', programs: { ls: { operands: ['reed'] } } }],
    ['an option twice', { profile: 'none', programs: { ls: { flags: '-ll' } } }],
    [
      'allowed and forbidden',
      { profile: 'none', programs: { ls: { flags: '-l', forbidden: { '-l': 'x' } } } },
    ],
    ['no name of an option', { profile: 'none', programs: { ls: { options: { l: 'text' } } } }],
    ['two repeating operands', { profile: 'none', programs: { ls: { operands: ['read*', 'write*'] } } }],
    ['a path as program', { profile: 'none', programs: { '/bin/ls': {} } }],
    [
      'a rule that never matches',
      {
        profile: 'readonly',
        rules: [{ id: 'x', program: 'git', subcommand: 'psuh', effect: 'deny', reason: 'x' }],
      },
    ],
    [
      'a rule for an option that is not there',
      {
        profile: 'readonly',
        rules: [{ id: 'x', program: 'ls', option: '--nope', effect: 'deny', reason: 'x' }],
      },
    ],
    ['a requirement nobody can meet', { profile: 'none', programs: { ls: { requires: '--nope' } } }],
    ['an unknown option of reachesBelow', { profile: 'none', programs: { ls: { reachesBelow: '-r' } } }],
    [
      'an unknown option that hides',
      {
        profile: 'none',
        programs: { ls: { hides: { what: 'secret', as: ['{name}'], at: 'end', with: '-r' } } },
      },
    ],
    [
      'a place that is not there',
      {
        profile: 'none',
        programs: { ls: { dashes: 'keep', hides: { what: 'secret', as: ['-x{name}'], at: 'options' } } },
      },
    ],
  ])('%s is an error', (_, document) => {
    expect(() => commandPolicy(document as PolicyDocument)).toThrow(
      expect.objectContaining({ code: 'INVALID_POLICY' }),
    );
  });

  test('the type and the schema say the same', () => {
    expectTypeOf<z.infer<typeof policySchema>>().toExtend<PolicyDocument>();
  });

  test('the packs are documents themselves, through JSON', () => {
    for (const profile of Object.values(PROFILES)) {
      const document = { profile: 'none', programs: JSON.parse(JSON.stringify(profile)) };
      expect(policySchema.safeParse(document).success).toBe(true);
    }
  });

  test('the JSON Schema describes the fields', () => {
    const schema = policyJsonSchema();
    expect(schema).toMatchObject({ type: 'object', required: ['profile'], additionalProperties: false });
    expect(JSON.stringify(schema)).toContain('Options without a value');
    expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
  });
});

test('explain lists subcommands with their options', () => {
  const text = dev.explain('git');
  expect(text).toContain('git log: ');
  expect(text).toMatch(/git push \(asks first\): .*--force-with-lease/);
  expect(text).toContain('git daemon: not allowed because it');
  expect(dev.explain('sh')).toContain('is a shell');
});
