import { execFileSync, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { RunPlanOptions } from '../../../src/process/commands/command-runner.ts';
import type { PlannedStep } from '../../../src/process/commands/plan.ts';
import { OWNER, part, pipe, setUp, sh } from './helpers.ts';

async function begin(options: Parameters<typeof setUp>[0] = {}) {
  const setup = await setUp(options);
  const run = async (
    steps: readonly PlannedStep[],
    how: Partial<RunPlanOptions> & { readonly stdin?: string } = {},
  ) => {
    const { stdin, ...rest } = how;
    const prepared = await setup.runner.preparePlan({ plan: { steps }, stdin }, { owner: OWNER });
    const exit = await setup.runner.runPlan(prepared, { owner: OWNER, timeoutMs: 20_000, ...rest });
    const { stdout, stderr } = exit.output;
    return { ...exit, stdout: stdout.head + stdout.tail, stderr: stderr.head + stderr.tail };
  };
  return { ...setup, run, read: (name: string) => readFile(join(setup.work, name), 'utf8') };
}

function hash(data: Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}

function lines(text: string): string[] {
  return text.split('\n').toSorted();
}

describe('pipes', () => {
  test('carry bytes as they are', async () => {
    const { run, work } = await begin();
    const bytes = randomBytes(3_000_000);
    await writeFile(join(work, 'in'), bytes);
    const { exitCode } = await run([pipe(part('cat', '<in'), part('cat'), part('cat', '>out'))]);
    expect(exitCode).toBe(0);
    expect(hash(await readFile(join(work, 'out')))).toBe(hash(bytes));
  });

  test('a reader that has enough ends the writer', async () => {
    const { run } = await begin();
    const { stdout, exitCode, commands } = await run([pipe(part('yes'), part('head', '-n', '2'))]);
    expect({ stdout, exitCode }).toEqual({ stdout: 'y\ny\n', exitCode: 0 });
    expect(commands).toEqual([
      { program: 'yes', exitCode: null, signal: 'SIGPIPE' },
      { program: 'head', exitCode: 0, signal: null },
    ]);
  });

  test('nothing is lost when the writer ends long before a slow reader begins', async () => {
    const { run } = await begin();
    const { stdout } = await run([pipe(part('head', '-c', '400000', '/dev/zero'), sh('sleep 1.5; wc -c'))]);
    expect(stdout.trim()).toBe('400000');
  });

  test('a writer whose output goes elsewhere leaves its reader nothing to wait for', async () => {
    const { run, read } = await begin();
    const { stdout } = await run([pipe(sh('echo a; sleep 0.2', '>f'), sh('wc -c; echo read'))]);
    expect(stdout).toBe('0\nread\n');
    expect(await read('f')).toBe('a\n');
  });

  test('stdin is for the first command', async () => {
    const { run } = await begin();
    const { stdout } = await run([pipe(part('cat'), part('tr', 'a-z', 'A-Z')), pipe(part('cat'))], {
      stdin: 'abc',
    });
    expect(stdout).toBe('ABC');
  });
});

describe('steps', () => {
  test('run as a shell runs them', { timeout: 60_000 }, async () => {
    const { run } = await begin();
    const step = fc.record({
      operator: fc.constantFrom<'&&' | '||' | ';'>('&&', '||', ';'),
      exitCode: fc.constantFrom(0, 0, 1, 3),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 6 }), async (list) => {
        const scripts = list.map(({ exitCode }, index) => `echo ${index}; exit ${exitCode}`);
        const line = scripts
          .map((script, index) => `${index === 0 ? '' : ` ${list[index]!.operator} `}sh -c '${script}'`)
          .join('');
        const shell = execFileSync('sh', ['-c', `${line}; echo "end $?"`], { encoding: 'utf8' });
        const WHEN = { '&&': 'onSuccess', '||': 'onFailure', ';': 'always' } as const;
        const { stdout, exitCode } = await run(
          scripts.map((script, index) => ({
            when: index === 0 ? 'always' : WHEN[list[index]!.operator],
            commands: [sh(script)],
          })),
        );
        expect(`${stdout}end ${exitCode}\n`).toBe(shell);
      }),
      { numRuns: 25 },
    );
  });
});

describe('redirects', () => {
  const both = 'echo out; echo err >&2';
  test.each([
    [['>f']],
    [['2>f']],
    [['>f', '2>&1']],
    [['2>&1', '>f']],
    [['>f', '>g']],
    [['>f', '2>g']],
    [['>>old']],
    [['2>>old', '>&2']],
    [['>/dev/null']],
    [['2>/dev/null', '>f']],
    [['<old', '>f']],
    [['>&2', '2>f']],
  ])('%s mean what they mean to a shell', async (redirects) => {
    const { run, work } = await begin();
    const theirs = mkdtempSync(join(tmpdir(), 'toolyard-shell-'));
    onTestFinished(() => rmSync(theirs, { recursive: true }));
    for (const directory of [work, theirs]) await writeFile(join(directory, 'old'), 'old\n');
    const script = redirects.includes('<old') ? `cat; ${both}` : both;
    const shell = spawnSync('bash', ['-c', `sh -c '${script}' ${redirects.join(' ')}`], {
      cwd: theirs,
      encoding: 'utf8',
    });
    const { stdout, stderr } = await run([pipe(sh(script, ...redirects))]);
    const files = async (directory: string) => {
      const names = await readdir(directory);
      return Promise.all(
        names.map(async (name) => [name, lines(await readFile(join(directory, name), 'utf8'))]),
      );
    };
    expect(await files(work)).toEqual(await files(theirs));
    expect([stdout, stderr].map(lines)).toEqual([shell.stdout, shell.stderr].map(lines));
  });

  test('two streams to one file lose nothing', async () => {
    const { run, read } = await begin();
    await run([pipe(sh(both, '>f', '2>f')), pipe(sh(both, '>>f', '2>>f'))]);
    expect(lines(await read('f'))).toEqual(['', 'err', 'err', 'out', 'out']);
  });

  test('a file is written when its pipeline has ended, so a later step reads it', async () => {
    const { run, work } = await begin();
    await writeFile(join(work, 'f'), 'c\nb\na\n');
    const { stdout } = await run([
      pipe(part('sort', 'f', '>f')),
      { when: 'onSuccess', commands: [part('cat', 'f')] },
    ]);
    expect(stdout).toBe('a\nb\nc\n');
  });

  test.each(['.env', '.git/config', '/etc/x', '../x'])('output cannot go to %s', async (target) => {
    const { runner } = await begin();
    const plan = { steps: [pipe(part('true', `>${target}`))] };
    await expect(runner.preparePlan({ plan }, { owner: OWNER })).rejects.toMatchObject({
      code: expect.stringMatching(/PROTECTED_NAME|PATH_OUTSIDE_ROOT/),
    });
  });

  test('input that is not there is a failure that || can follow', async () => {
    const { run } = await begin();
    const { stdout, stderr, exitCode } = await run([
      pipe(part('cat', '<nothing')),
      { when: 'onFailure', commands: [part('echo', 'instead')] },
    ]);
    expect({ stdout, exitCode }).toEqual({ stdout: 'instead\n', exitCode: 0 });
    expect(stderr).toContain('"nothing" does not exist');
  });

  test('more than a file may hold ends the program, and the file stays as it was', async () => {
    const { run, read, work } = await begin({ rootLimits: { maxWriteBytes: 100_000 } });
    await writeFile(join(work, 'f'), 'before');
    const { exitCode, stderr } = await run([pipe(part('yes', '>f'))]);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/100[ ,]?000/);
    expect(await read('f')).toBe('before');
    expect(await readdir(work)).toEqual(['f']);
  });
});

describe('ends', () => {
  test('the time limit is one for all steps, and unfinished files are not written', async () => {
    const { run, work, supervisor } = await begin();
    const steps = [
      pipe(part('sleep', '0.2')),
      pipe(sh('echo a; sleep 60', '>f'), part('cat')),
      pipe(part('true')),
    ];
    const { reason, commands, durationMs } = await run(steps, { timeoutMs: 600 });
    expect(reason).toBe('timedOut');
    expect(commands.map(({ program }) => program)).toEqual(['sleep', 'sh', 'cat']);
    expect(durationMs).toBeLessThan(6_000);
    expect(await readdir(work)).toEqual([]);
    expect(supervisor.list(OWNER)).toEqual([]);
  });

  test('a cancel ends all of a pipeline', async () => {
    const { run, supervisor } = await begin();
    const cancel = new AbortController();
    supervisor.on('processStarted', () => {
      if (supervisor.list(OWNER).length === 3) cancel.abort();
    });
    const ran = await run([pipe(part('sleep', '60'), part('cat'), part('cat')), pipe(part('true'))], {
      signal: cancel.signal,
    });
    expect(ran.reason).toBe('cancelled');
    expect(supervisor.list(OWNER)).toEqual([]);
  });

  test('a later pipeline that cannot be started is a failure, and what was written before is told', async () => {
    const { run, supervisor } = await begin({ supervise: { maxPerOwner: 2 } });
    const long = pipe(part('yes'), part('cat'), part('cat'));
    const { stdout, stderr, exitCode, reason } = await run([pipe(part('echo', 'done')), long]);
    expect({ stdout, exitCode, reason }).toEqual({ stdout: 'done\n', exitCode: 1, reason: 'exited' });
    expect(stderr).toContain('You may run 2 processes');
    expect(supervisor.list(OWNER)).toEqual([]);
    const instead = { when: 'onFailure', commands: [part('echo', 'instead')] } as const;
    expect((await run([pipe(part('true')), long, instead])).stdout).toBe('instead\n');
  });

  test('a pipeline that is too long for the places there are leaves nothing behind', async () => {
    const { run, supervisor, work } = await begin({ supervise: { maxPerOwner: 2 } });
    const long = pipe(part('yes'), part('cat'), part('cat', '>f'));
    await expect(run([long])).rejects.toMatchObject({ code: 'TOO_MANY_PROCESSES' });
    expect(supervisor.list(OWNER)).toEqual([]);
    expect(await readdir(work)).toEqual([]);
    expect((await run([pipe(part('echo', 'on'), part('cat'))])).stdout).toBe('on\n');
  });
});
