import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { policyJsonSchema } from '@toolyard/validation/command';
import { describe, expect, expectTypeOf, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { ConfigError } from '../src/config/config-error.ts';
import { loadConfig, type ConfigInput } from '../src/config/load-config.ts';
import { setting } from '../src/config/setting.ts';
import { loadPolicy } from '../src/policy.ts';
import { terminalProgram } from '../src/terminal-config.ts';
import { openWorkspaces } from '../src/workspaces.ts';
import { temporaryDirectory } from './temporary-directory.ts';

function load(args: string[] = [], env: ConfigInput['env'] = {}, cwd = '/home/somebody') {
  const loaded = loadConfig(terminalProgram, { args, env, cwd });
  if (loaded.action !== 'start') throw new Error(`Printed instead: ${loaded.text}`);
  return loaded;
}

function print(args: string[], env: ConfigInput['env'] = {}): string {
  const loaded = loadConfig(terminalProgram, { args, env, cwd: '/home/somebody' });
  if (loaded.action !== 'print') throw new Error('Nothing was printed.');
  return loaded.text;
}

function problems(args: string[], env: ConfigInput['env'] = {}): string[] {
  try {
    load(args, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(({ message }) => message);
    throw error;
  }
  return [];
}

function jsonFile(content: unknown): string {
  const file = join(temporaryDirectory(), 'config.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

/** A new directory with others in it. */
function directories(...names: string[]): string {
  const base = temporaryDirectory();
  for (const name of names) mkdirSync(join(base, name), { recursive: true });
  return base;
}

async function open(args: string[], env: ConfigInput['env'] = {}, cwd?: string) {
  const roots = await openWorkspaces(load(args, env, cwd).config);
  onTestFinished(() => roots.close());
  return roots.roots;
}

describe('where values come from', () => {
  test('nothing given: safe defaults', () => {
    const { config } = load();
    expect(config).toMatchObject({
      port: 9001,
      host: '127.0.0.1',
      stdio: false,
      logLevel: 'info',
      apiKey: [],
      profile: 'readonly',
      sandbox: 'auto',
      shell: 'off',
      terminals: false,
    });
    expect(config.data).toBe(join(homedir(), '.toolyard', 'terminal-runner'));
    expect(config.root).toEqual([`workspace=${join(config.data, 'workspace')}`]);
    expect(config.readOnlyRoot).toEqual([]);
  });

  test('a flag wins over the environment, the environment over the file', () => {
    const file = jsonFile({ port: 1, host: 'file.test', logLevel: 'debug', apiKey: ['a-key-from-the-file'] });
    const { config, origins } = load(['--config', file, '--port', '3'], {
      TOOLYARD_PORT: '2',
      TOOLYARD_HOST: 'env.test',
    });
    expect(config).toMatchObject({ port: 3, host: 'env.test', logLevel: 'debug' });
    expect(origins.get('port')).toEqual({ kind: 'flag', name: '--port' });
    expect(origins.get('host')).toEqual({ kind: 'environment', name: 'TOOLYARD_HOST' });
    expect(origins.get('logLevel')).toEqual({ kind: 'file', name: file });
  });

  test('the file can be named by the environment', () => {
    expect(load([], { TOOLYARD_CONFIG: jsonFile({ port: 7 }) }).config.port).toBe(7);
  });

  test('repeated flags and comma separated variables are lists, and replace the default', () => {
    const [one, other] = ['the-first-long-key', 'the-second-long-key'];
    expect(load(['--api-key', one, `--api-key=${other}`]).config.apiKey).toEqual([one, other]);
    expect(load([], { TOOLYARD_API_KEY: `${one}, ${other}` }).config.apiKey).toEqual([one, other]);
  });

  test('of a flag that is given twice, the last counts', () => {
    expect(load(['--port', '1', '--port=2']).config.port).toBe(2);
  });

  test('booleans: the bare flag, its negation, a word', () => {
    expect(load(['--stdio']).config.stdio).toBe(true);
    expect(load(['--no-stdio'], { TOOLYARD_STDIO: '1' }).config.stdio).toBe(false);
    expect(load(['--stdio=false']).config.stdio).toBe(false);
    expect(load([], { TOOLYARD_STDIO: 'true' }).config.stdio).toBe(true);
  });

  test('pairs are written like the OpenTelemetry variables, which are read too', () => {
    const { config, origins } = load(['--resource-attributes', 'team=a,stage=b%2Cc'], {
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318',
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20x',
    });
    expect(config.resourceAttributes).toEqual({ team: 'a', stage: 'b,c' });
    expect(config.otlpHeaders).toEqual({ authorization: 'Bearer x' });
    expect(origins.get('otlpEndpoint')?.name).toBe('OTEL_EXPORTER_OTLP_ENDPOINT');
  });

  test('an empty variable counts as not set', () => {
    expect(load([], { TOOLYARD_PORT: '', TOOLYARD_API_KEY: '' }).config).toMatchObject({
      port: 9001,
      apiKey: [],
    });
  });

  test('a relative path starts where it was written', () => {
    const file = jsonFile({ data: 'state', tools: '../tools.json' });
    expect(load(['--data', 'state']).config.data).toBe('/home/somebody/state');
    expect(load(['--data', '~/state']).config.data).toBe(join(homedir(), 'state'));
    expect(load(['--config', file]).config).toMatchObject({
      data: join(file, '..', 'state'),
      tools: join(file, '..', '..', 'tools.json'),
    });
  });

  test('under npm, a relative path starts where the user is, not where npm runs the script', () => {
    const env = {
      INIT_CWD: '/home/somebody',
      npm_package_json: '/repo/examples/terminal-runner/package.json',
    };
    expect(load(['--data', 'x'], env, '/repo/examples/terminal-runner').config.data).toBe('/home/somebody/x');
    expect(load(['--data', 'x'], env, '/elsewhere').config.data).toBe('/elsewhere/x');
  });
});

describe('what is refused', () => {
  test('a wrong value: key, origin and what is allowed', () => {
    expect(problems(['--port', '70000'])).toEqual([
      'port (from --port): 70000 is not allowed; allowed: a whole number from 0 to 65535',
    ]);
    expect(problems([], { TOOLYARD_PORT: 'tcp://10.0.0.1:80' })).toEqual([
      'port (from TOOLYARD_PORT): "tcp://10.0.0.1:80" is not allowed; allowed: a whole number from 0 to 65535',
    ]);
    const file = jsonFile({ logLevel: 'loud' });
    expect(problems(['--config', file])).toEqual([
      `logLevel (from ${file}): "loud" is not allowed; allowed: one of trace, debug, info, warn, error, fatal, silent`,
    ]);
  });

  test('all problems at once', () => {
    expect(problems(['--port', 'x', '--public-url', 'ftp://x', '--stdio=maybe'])).toHaveLength(3);
  });

  test('unknown keys, wherever they stand', () => {
    const file = jsonFile({ prot: 1 });
    expect(problems(['--prot', '1'])[0]).toMatch(/^--prot: unknown flag; known: --port, .*--help$/);
    expect(problems([], { TOOLYARD_PROT: '1' })[0]).toMatch(
      /^TOOLYARD_PROT: unknown environment variable; known: /,
    );
    expect(problems(['--config', file])[0]).toBe(
      `prot (from ${file}): unknown key; known: ${Object.keys(terminalProgram.schema.shape).join(', ')}`,
    );
  });

  test('a word that is no flag, and a flag without its value', () => {
    expect(problems(['serve'])).toEqual(['serve: not a flag; flags start with --, see --help']);
    expect(problems(['--data', '--stdio'])[0]).toBe('--data: needs a value; allowed: a directory');
    expect(problems(['--config'])[0]).toBe('--config: needs a value; allowed: the path of a JSON file');
  });

  test('a file that is missing, broken or no object, without quoting it', () => {
    expect(problems(['--config', '/nowhere/x.json'])[0]).toContain('cannot be read (ENOENT)');
    const broken = problems(['--config', jsonFile('{"apiKey": "sesame-open",')]);
    expect(broken[0]).toContain('is not valid JSON');
    expect(broken.join()).not.toContain('sesame');
    expect(problems(['--config', jsonFile([1])])[0]).toContain('does not hold a JSON object');
  });

  test('a wrong secret is not repeated', () => {
    const [message] = problems(['--api-key', 'sesame']);
    expect(message).toBe('apiKey (from --api-key): is not allowed; allowed: keys of at least 16 characters');
  });

  test('an address others can reach, without an API key', () => {
    expect(problems(['--host', '0.0.0.0'])[0]).toMatch(
      /^host \(from --host\): "0\.0\.0\.0" .* needs an API key/,
    );
    expect(problems(['--host', '0.0.0.0', '--api-key', 'a-key-that-is-long'])).toEqual([]);
    expect(problems(['--host', '0.0.0.0', '--stdio'])).toEqual([]);
    for (const host of ['localhost', '127.8.0.1', '::1']) expect(problems(['--host', host])).toEqual([]);
    const published = ['--public-url', 'https://tools.example.com/mcp'];
    expect(problems(published)[0]).toMatch(/^publicUrl \(from --public-url\): .* needs an API key/);
    expect(problems([...published, '--api-key', 'a-key-that-is-long'])).toEqual([]);
    expect(problems(['--public-url', 'http://localhost:8080'])).toEqual([]);
  });

  test('a shell in a sandbox, without a sandbox', () => {
    expect(problems(['--shell', 'sandboxed', '--sandbox', 'none'])[0]).toMatch(
      /^shell \(from --shell\): "sandboxed" needs a sandbox/,
    );
    for (const args of [['sandboxed'], ['sandboxed', '--sandbox=bwrap'], ['unsafe', '--sandbox=none']])
      expect(problems(['--shell', ...args])).toEqual([]);
  });

  test('names of an object that is not ours', () => {
    expect(problems(['--__proto__', 'x'])[0]).toContain('unknown flag');
    expect(problems(['--config', jsonFile('{"__proto__": {"port": 1}}')])[0]).toContain('unknown key');
  });
});

describe('what is printed', () => {
  test('--check-config: every value with its origin, secrets redacted, defaults completed', () => {
    const text = print(
      [
        '--check-config',
        '--data',
        '/data',
        '--api-key',
        'open-sesame-and-enter',
        '--otlp-endpoint',
        'http://me:pw@otel.test',
      ],
      { TOOLYARD_OTLP_HEADERS: 'authorization=Bearer-sesame' },
    );
    expect(text).not.toMatch(/sesame|pw@/);
    expect(JSON.parse(text)).toMatchObject({
      port: { value: 9001, from: 'default' },
      root: { value: ['workspace=/data/workspace'], from: 'default' },
      profile: { value: 'readonly', from: 'default' },
      policy: { value: null, from: 'default' },
      apiKey: { value: ['[redacted]'], from: '--api-key' },
      otlpEndpoint: { value: 'http://otel.test/', from: '--otlp-endpoint' },
      otlpHeaders: { value: { authorization: '[redacted]' }, from: 'TOOLYARD_OTLP_HEADERS' },
      publicUrl: { value: null, from: 'default' },
    });
  });

  test('--check-config does not pass what would not start', () => {
    expect(problems(['--check-config', '--port', '-1'])).not.toEqual([]);
    expect(problems(['--check-config', '--port=-1'])[0]).toContain('port (from --port): -1 is not allowed');
  });

  test('--help names every flag with its variable, what is allowed and the default', () => {
    const text = print(['--help', '--port', 'nonsense']);
    for (const key of Object.keys(terminalProgram.schema.shape))
      expect(text).toContain(`--${key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`);
    expect(text).toContain('Allowed: a whole number from 0 to 65535. Default: 9001. [TOOLYARD_PORT]');
    expect(print(['-h'])).toBe(text);
  });
});

describe('workspaces', () => {
  test('by name or without: the first is called workspace, others after their directory', async () => {
    const base = directories('one', 'two', 'three');
    const args = ['--root', 'one', '--root=two', '--read-only-root', 'last=three'];
    expect(await open(args, {}, base)).toEqual([
      { name: 'workspace', path: join(base, 'one'), writable: true },
      { name: 'two', path: join(base, 'two'), writable: true },
      { name: 'last', path: join(base, 'three'), writable: false },
    ]);
    expect(load(args, {}, base).config).toMatchObject({
      root: [`workspace=${base}/one`, `two=${base}/two`],
      readOnlyRoot: [`last=${base}/three`],
    });
  });

  test('from variables and files too, relative to where they are written', async () => {
    const base = directories('one', 'two');
    writeFileSync(join(base, 'config.json'), JSON.stringify({ root: ['own=one'], readOnlyRoot: ['two'] }));
    expect(await open(['--config', join(base, 'config.json')])).toEqual([
      { name: 'own', path: join(base, 'one'), writable: true },
      { name: 'two', path: join(base, 'two'), writable: false },
    ]);
    const variables = { TOOLYARD_ROOT: 'one, more=two', TOOLYARD_READ_ONLY_ROOT: '' };
    expect((await open([], variables, base)).map(({ name }) => name)).toEqual(['workspace', 'more']);
    expect(
      (await open([], { TOOLYARD_READ_ONLY_ROOT: 'one' }, base)).map(({ writable }) => writable),
    ).toEqual([false]);
  });

  test('a path may hold "="', async () => {
    const base = directories('a=b');
    expect(await open([`--root=./a=b`], {}, base)).toMatchObject([
      { name: 'workspace', path: join(base, 'a=b') },
    ]);
    expect(await open([`--root=own=a=b`], {}, base)).toMatchObject([
      { name: 'own', path: join(base, 'a=b') },
    ]);
  });

  test('the default is made; what was configured is not', async () => {
    const data = join(directories(), 'data');
    expect(await open(['--data', data])).toEqual([
      { name: 'workspace', path: join(data, 'workspace'), writable: true },
    ]);
    expect(problems(['--root', join(data, 'other')])).toHaveLength(1);
  });

  test('what is refused: key, origin, what is wrong and what is allowed', () => {
    const base = directories('one', 'two', 'one/x', 'my docs');
    symlinkSync('one', join(base, 'link'));
    writeFileSync(join(base, 'file'), '');
    const at = (path: string) => join(base, path);
    const allowed =
      '; allowed: NAME=DIR or DIR, an existing directory; a name has 2 to 32 letters, digits, "_" or "-"';
    const cases: [string[], string][] = [
      [['--root', at('none')], `"${at('none')}" is no existing directory`],
      [['--root', at('file')], `"${at('file')}" is no existing directory`],
      [['--root', 'own='], '"own=" is no existing directory'],
      [['--root', `my.docs=${at('one')}`], `"my.docs=${at('one')}" would be called "my.docs"`],
      [['--root', at('one'), '--root', at('my docs')], `"${at('my docs')}" would be called "my docs"`],
      [['--root', at('one'), '--root', at('one/x')], `"${at('one/x')}" would be called "x"`],
      [
        ['--root', at('one'), '--root', `Workspace=${at('two')}`],
        `"Workspace=${at('two')}" has the name of another one, "Workspace"`,
      ],
      [
        ['--root', at('one'), '--root', `again=${at('link')}`],
        `"again=${at('link')}" is the same directory as another one`,
      ],
      [
        ['--root', base, '--data', at('two')],
        `"${base}" holds the data directory "${at('two')}", which clients must not reach; move that with --data`,
      ],
      [
        ['--root', at('link'), '--data', at('one/not/yet')],
        `"${at('link')}" holds the data directory "${at('one/not/yet')}", which clients must not reach; move that with --data`,
      ],
    ];
    for (const [args, problem] of cases)
      expect(problems(args)).toEqual([`root (from --root): ${problem}${allowed}`]);
    expect(problems(['--root', at('one'), '--read-only-root', at('none')])[0]).toMatch(
      /^readOnlyRoot \(from --read-only-root\): ".*\/none" is no existing directory/,
    );
    const file = jsonFile({ root: at('one') });
    expect(problems(['--config', file])[0]).toContain(`root (from ${file}): "${at('one')}" is not allowed`);
    expect(problems(['--root', at('one'), '--data', base])).toEqual([]);
    expect(problems(['--root', at('one'), '--data', at('one-more')])).toEqual([]);
  });
});

describe('the policy', () => {
  test('is that of the profile, or of a file', () => {
    expect(loadPolicy(load().config).document).toEqual({ profile: 'readonly' });
    expect(
      loadPolicy(load(['--profile', 'dev']).config).decide({ program: 'npm', args: ['test'] }).effect,
    ).toBe('allow');
    expect(loadPolicy(load(['--profile', 'none']).config).programs).toEqual([]);
    const document = {
      $schema: './policy.schema.json',
      profile: 'none',
      programs: { date: { does: 'reads' } },
      rules: [{ id: 'no-date', program: 'date', effect: 'ask', reason: 'it is late' }],
    };
    const file = jsonFile(document);
    const { config } = load(['--policy', file]);
    expect(config.profile).toBeUndefined();
    const policy = loadPolicy(config);
    expect(policy.document).toEqual(document);
    expect(policy.decide({ program: 'date' })).toMatchObject({ effect: 'ask', ruleId: 'no-date' });
    expect(policy.decide({ program: 'ls' }).effect).toBe('deny');
  });

  test('a profile beside the file has to be the same', () => {
    const file = jsonFile({ profile: 'readonly' });
    expect(problems(['--policy', file, '--profile', 'readonly'])).toEqual([]);
    expect(problems(['--policy', file], { TOOLYARD_PROFILE: 'dev' })).toEqual([
      `profile (from TOOLYARD_PROFILE): "dev" is not what ${file} says, "readonly"; leave one of them out, or let both say the same`,
    ]);
    expect(problems(['--profile', 'all'])[0]).toContain('allowed: one of none, readonly, dev');
  });

  test('what is wrong with the file is said, with its place', () => {
    const said = (content: unknown): string => {
      const [problem, ...others] = problems(['--policy', jsonFile(content)]);
      expect(others).toEqual([]);
      expect(problem).toMatch(/^policy \(from --policy\): "\/.*config\.json" is not a policy: /);
      return problem!.replace(/^.* is not a policy: /s, '');
    };
    expect(said({ profile: 'all' })).toMatch(/^profile: /);
    expect(said({ profile: 'none', program: {} })).toContain('program');
    expect(said({ profile: 'none', programs: { 'a/b': {} } })).toMatch(/^programs\.a\/b: /);
    expect(said({ profile: 'none', programs: { git: { subcommands: { log: { flags: 7 } } } } })).toMatch(
      /^programs\.git\.subcommands\.log\.flags: /,
    );
    const rule = { id: 'typo', program: 'gti', effect: 'deny', reason: 'x' };
    expect(said({ profile: 'dev', rules: [rule] })).toMatch(/^rules: typo: there is no gti/);
    expect(said('{ "profile": "dev", }')).toMatch(/^not valid JSON \(.*position \d+/);
    expect(said('null')).toMatch(/^The policy: /);
    expect(said(' '.repeat(1024 ** 2 + 1))).toBe('more than 1048576 bytes.');
    expect(problems(['--policy', '/nowhere/policy.json'])[0]).toContain('it cannot be read (ENOENT).');
    expect(problems(['--policy', temporaryDirectory()])[0]).toContain('not a file.');
  });

  test('policy.schema.json is the schema of the policy language', () => {
    const file = new URL('../policy.schema.json', import.meta.url);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(policyJsonSchema());
  });
});

test('any schema can be loaded, and its types arrive', () => {
  const schema = z.object({
    retries: setting(z.int().min(0).default(3), { description: 'Tries.' }),
    label: setting(z.string().optional(), { description: 'A name.' }),
  });
  const program = { name: 'other', description: 'x', schema, envPrefix: 'OTHER' };
  const loaded = loadConfig(program, { args: ['--retries=1'], env: { OTHER_LABEL: 'a' }, cwd: '/' });
  if (loaded.action !== 'start') throw new Error('Nothing was loaded.');
  expectTypeOf(loaded.config).toEqualTypeOf<{ retries: number; label?: string | undefined }>();
  expect(loaded.config).toEqual({ retries: 1, label: 'a' });
});

test('a setting without a description is a mistake of the programmer', () => {
  const program = { name: 'other', description: 'x', schema: z.object({ bare: z.string() }) };
  expect(() => loadConfig(program, { args: [], env: {}, cwd: '/' })).toThrow('The setting "bare" needs');
});

describe('as a process', () => {
  const script = `
    import { configOrExit } from ${JSON.stringify(new URL('../src/config/load-config.ts', import.meta.url).href)};
    import { terminalProgram } from ${JSON.stringify(new URL('../src/terminal-config.ts', import.meta.url).href)};
    process.stderr.write('port ' + configOrExit(terminalProgram).port);
  `;
  function run(...args: string[]) {
    const flags = ['--no-warnings', '--conditions=@toolyard/source'];
    const file = join(temporaryDirectory(), 'main.mjs');
    writeFileSync(file, script);
    const { status, stdout, stderr } = spawnSync(process.execPath, [...flags, file, ...args], {
      encoding: 'utf8',
      env: { HOME: '/home/somebody' },
    });
    return { status, stdout, stderr };
  }

  test('a wrong value ends with 2 and a sentence on stderr', () => {
    const { status, stdout, stderr } = run('--port', 'x');
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain('port (from --port): "x" is not allowed');
  });

  test('--check-config ends with 0 and prints; a start prints nothing on stdout', () => {
    expect(run('--check-config')).toMatchObject({ status: 0, stderr: '' });
    expect(run('--port', '5')).toEqual({ status: 0, stdout: '', stderr: 'port 5' });
  });
});
