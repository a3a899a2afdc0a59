import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import type { CommandQuestion, DecidedCommand } from '../../../src/process/commands/command-runner.ts';
import type { CheckVerdict, CommandCheck, CommandDecision } from '../../../src/process/commands/policy.ts';
import { OWNER, part, pipe, policyOf, setUp } from './helpers.ts';

const who = { owner: OWNER };
const deny: Partial<CommandDecision> = { effect: 'deny', ruleId: 'test.no', reason: 'No.' };
const ask: Partial<CommandDecision> = { effect: 'ask', ruleId: 'test.ask', reason: 'It changes things.' };

function reads(...values: readonly string[]): Partial<CommandDecision> {
  return { operands: values.map((value) => ({ value, access: 'read' })) };
}

function refuseToAsk(): Promise<never> {
  return Promise.reject(new Error('asked'));
}

function checked(name: string, more: Partial<CommandDecision> = {}) {
  return policyOf({ sh: { checks: [name], ...more } });
}

function refusedWith(message: RegExp) {
  return {
    code: 'COMMAND_DENIED',
    message: expect.stringMatching(message) as unknown,
    data: { ruleId: 'check.look' },
  };
}

const tooLong: CommandCheck = async (query) => {
  await query(['-c', 'head -c 5000000 /dev/zero']);
  return { isSafe: true, directories: [] };
};

const strange: CommandCheck = async () => ({ isSafe: false, reason: 'Settings run programs.' });

const outside: CommandCheck = async () => ({ isSafe: true, directories: ['/etc'] });

describe('decisions', () => {
  test('a denied command says why and by which rule, and asks nobody', async () => {
    const { runner } = await setUp({ policy: policyOf({ rm: deny }) });
    await expect(
      runner.prepare({ program: 'rm' }, { owner: OWNER, approve: refuseToAsk }),
    ).rejects.toMatchObject({
      code: 'COMMAND_DENIED',
      message: 'No. (rule: test.no)',
      data: { ruleId: 'test.no' },
    });
  });

  test('a plan with one denied command runs none of them and asks nobody', async () => {
    const { runner, supervisor } = await setUp({ policy: policyOf({ rm: deny, cp: ask }) });
    const started: string[] = [];
    supervisor.on('processStarted', ({ process }) => void started.push(process.program));
    const plan = { steps: [pipe(part('cp'), part('true')), pipe(part('rm'))] };
    await expect(runner.preparePlan({ plan }, { owner: OWNER, approve: refuseToAsk })).rejects.toMatchObject({
      code: 'COMMAND_DENIED',
    });
    expect(started).toEqual([]);
  });

  test('what needs a yes is asked once for a whole plan, and runs after it', async () => {
    const { runner, work } = await setUp({ policy: policyOf({ touch: ask, mkdir: ask }) });
    const asked: (readonly CommandQuestion[])[] = [];
    const approve = async (commands: readonly CommandQuestion[]) => {
      asked.push(commands);
      return true;
    };
    await mkdir(join(work, 'in'));
    const plan = { steps: [pipe(part('touch', 'a')), pipe(part('true')), pipe(part('mkdir', 'b'))] };
    const prepared = await runner.preparePlan({ plan, cwd: 'in' }, { owner: OWNER, approve });
    expect(asked).toEqual([
      [
        { program: 'touch', args: ['a'], cwd: 'in', ruleId: 'test.ask', reason: 'It changes things.' },
        { program: 'mkdir', args: ['b'], cwd: 'in', ruleId: 'test.ask', reason: 'It changes things.' },
      ],
    ]);
    expect((await runner.runPlan(prepared, { owner: OWNER })).exitCode).toBe(0);
  });

  test.each([
    ['somebody says no', async () => false, /Nobody allowed it/],
    ['the client cannot ask', async () => undefined, /cannot ask anybody/],
    ['there is nobody to ask', undefined, /cannot ask anybody/],
  ])('what needs a yes is not run when %s', async (_, approve, message) => {
    const { runner } = await setUp({ policy: policyOf({ touch: ask }) });
    await expect(runner.prepare({ program: 'touch' }, { owner: OWNER, approve })).rejects.toMatchObject({
      code: 'COMMAND_NOT_APPROVED',
      message: expect.stringMatching(message),
      data: { ruleId: 'test.ask' },
    });
  });

  test('every decision is told, with its answer', async () => {
    const told: DecidedCommand[] = [];
    const { runner } = await setUp({
      policy: policyOf({ rm: deny, touch: ask }),
      onDecision: (decided) => told.push(decided),
    });
    const tried = [
      runner.prepare({ program: 'true', args: ['x'] }, who),
      runner.prepare({ program: 'rm' }, who),
      runner.prepare({ program: 'touch' }, { owner: OWNER, approve: async () => false }),
    ];
    await Promise.allSettled(tried);
    const facts = new Map(told.map(({ program, effect, isApproved }) => [program, { effect, isApproved }]));
    expect(Object.fromEntries(facts)).toEqual({
      rm: { effect: 'deny' },
      touch: { effect: 'ask', isApproved: false },
      true: { effect: 'allow' },
    });
    expect(told.find(({ program }) => program === 'true')).toEqual({
      owner: OWNER,
      program: 'true',
      args: ['x'],
      cwd: '.',
      ruleId: 'test.allowed',
      reason: 'It is allowed.',
      effect: 'allow',
    });
  });
});

test('a person is asked only about what could run', async () => {
  const { runner } = await setUp({ policy: policyOf({ cat: { ...ask, ...reads('/etc/passwd') } }) });
  const prepared = runner.prepare({ program: 'cat' }, { owner: OWNER, approve: refuseToAsk });
  await expect(prepared).rejects.toMatchObject({ code: 'PATH_OUTSIDE_ROOT' });
});

test('what changed while a person was thinking is found', async () => {
  const { runner, work } = await setUp({ policy: policyOf({ cat: { ...ask, ...reads('a') } }) });
  await writeFile(join(work, 'a'), '');
  const approve = async () => {
    await rm(join(work, 'a'));
    await symlink('/etc/passwd', join(work, 'a'));
    return true;
  };
  const prepared = runner.prepare({ program: 'cat' }, { owner: OWNER, approve });
  await expect(prepared).rejects.toMatchObject({ code: 'PATH_OUTSIDE_ROOT' });
});

test('what the rules allow and a look at the machine does not is told as denied', async () => {
  const told: DecidedCommand[] = [];
  const { runner } = await setUp({
    policy: policyOf({ cat: reads('/etc/passwd'), sh: { checks: ['look'] } }),
    checks: { look: strange },
    onDecision: (decided) => told.push(decided),
  });
  await Promise.allSettled([runner.prepare({ program: 'cat' }, who), runner.prepare({ program: 'sh' }, who)]);
  expect(told).toMatchObject([
    { program: 'cat', effect: 'deny', ruleId: 'PATH_OUTSIDE_ROOT' },
    { program: 'sh', effect: 'deny', ruleId: 'check.look' },
  ]);
});

describe('paths', () => {
  test.each([
    ['../a', 'PATH_OUTSIDE_ROOT'],
    ['/etc/passwd', 'PATH_OUTSIDE_ROOT'],
    ['.env', 'PROTECTED_NAME'],
    ['out', 'PATH_OUTSIDE_ROOT'],
  ])('the operand %s is refused', async (value, code) => {
    const { runner, work } = await setUp({ policy: policyOf({ cat: reads(value) }) });
    await symlink('/etc', join(work, 'out'));
    await expect(runner.prepare({ program: 'cat' }, who)).rejects.toMatchObject({ code });
  });

  test('an operand may lead into another root', async () => {
    const { runner, other } = await setUp({ policy: policyOf({ cat: reads('../other/a') }) });
    const { operands } = await runner.prepare({ program: 'cat' }, who);
    expect(operands).toEqual([{ path: join(other, 'a'), access: 'read' }]);
  });

  test('streams are no paths, and a colon names no root', async () => {
    const { runner, work, other } = await setUp({
      policy: policyOf({ cat: reads('-', '/dev/null', 'other:a') }),
    });
    await writeFile(join(other, 'a'), '');
    const { operands } = await runner.prepare({ program: 'cat' }, who);
    expect(operands).toEqual([{ path: join(work, 'other:a'), access: 'read' }]);
  });

  test.each(['.', '../other', '..'])('the root %s cannot be removed', async (value) => {
    const operands = [{ value, access: 'remove' as const }];
    const { runner } = await setUp({ policy: policyOf({ rm: { operands } }) });
    await expect(runner.prepare({ program: 'rm' }, who)).rejects.toMatchObject({
      code: value === '..' ? 'PATH_OUTSIDE_ROOT' : 'ROOT_KEPT',
    });
  });

  test('commands work in a directory of a root', async () => {
    const { runner, work, other } = await setUp();
    await mkdir(join(other, 'sub'));
    await writeFile(join(work, 'file'), '');
    const cwdOf = async (cwd: string) => (await runner.prepare({ program: 'pwd', cwd }, who)).command.cwd;
    expect(await cwdOf('other:sub')).toBe(join(other, 'sub'));
    expect(await cwdOf(work)).toBe(work);
    await expect(cwdOf('file')).rejects.toMatchObject({ code: 'NOT_A_DIRECTORY' });
    await expect(cwdOf('nothing')).rejects.toMatchObject({ code: 'NOT_A_DIRECTORY' });
    await expect(cwdOf('/tmp')).rejects.toMatchObject({ code: 'PATH_OUTSIDE_ROOT' });
  });
});

test('the environment is the fixed one, what the caller may add, and what the decision sets', async () => {
  const policy = policyOf({ env: { env: { NO_COLOR: '2', GIT_PAGER: 'cat' } } });
  const { runner } = await setUp({ policy });
  const { command } = await runner.prepare({ program: 'env', env: { NO_COLOR: '1', TZ: 'CET' } }, who);
  expect(command.env).toMatchObject({ NO_COLOR: '2', GIT_PAGER: 'cat', TZ: 'CET' });
  const asked = runner.prepare({ program: 'env', env: { LD_PRELOAD: '/x.so' } }, who);
  await expect(asked).rejects.toMatchObject({ code: 'ENV_NOT_ALLOWED' });
});

describe('checks', () => {
  test('a check that this runner does not have denies', async () => {
    for (const name of ['look', 'toString', '__proto__']) {
      const { runner } = await setUp({ policy: checked(name), checks: {} });
      const prepared = runner.prepare({ program: 'sh' }, who);
      await expect(prepared).rejects.toMatchObject({ data: { ruleId: `check.${name}` } });
    }
  });

  test('a check asks the program in the directory it will work in', async () => {
    const answers: string[] = [];
    const look: CommandCheck = async (query) => {
      answers.push(await query(['-c', 'pwd; echo $MARK']), await query(['-c', 'echo no; exit 1']));
      return { isSafe: true, directories: [] };
    };
    const policy = checked('look', { directory: 'sub', env: { MARK: 'set' } });
    const { runner, work } = await setUp({ policy, checks: { look } });
    await mkdir(join(work, 'sub'));
    await runner.prepare({ program: 'sh' }, who);
    expect(answers).toEqual([`${join(work, 'sub')}\nset\n`, '']);
  });

  test.each([
    ['finds something', { isSafe: false, reason: 'Settings run programs.' }, /^Settings run programs/],
    ['throws', new Error('x'), /could not be made/],
  ])('a check that %s denies', async (_, outcome, message) => {
    const look = async () => {
      if (outcome instanceof Error) throw outcome;
      return outcome as CheckVerdict;
    };
    const { runner } = await setUp({ policy: checked('look'), checks: { look } });
    await expect(runner.prepare({ program: 'sh' }, who)).rejects.toMatchObject(refusedWith(message));
  });

  test('an answer that is too long to be read whole denies', async () => {
    const { runner } = await setUp({ policy: checked('look'), checks: { look: tooLong } });
    await expect(runner.prepare({ program: 'sh' }, who)).rejects.toMatchObject(refusedWith(/could not/));
  });

  test('directories that a check finds have to lie in the roots', async () => {
    const { runner } = await setUp({ policy: checked('look'), checks: { look: outside } });
    const prepared = runner.prepare({ program: 'sh' }, who);
    await expect(prepared).rejects.toMatchObject({ code: 'PATH_OUTSIDE_ROOT' });
  });

  test('a check that is cancelled ends its program', async () => {
    const cancel = new AbortController();
    const look: CommandCheck = async (query) => {
      setTimeout(() => cancel.abort(), 50);
      await query(['-c', 'sleep 60']);
      return { isSafe: true, directories: [] };
    };
    const { runner, supervisor } = await setUp({ policy: checked('look'), checks: { look } });
    const prepared = runner.prepare({ program: 'sh' }, { owner: OWNER, signal: cancel.signal });
    await expect(prepared).rejects.toMatchObject({ name: 'AbortError' });
    expect(supervisor.list(OWNER)).toEqual([]);
  });
});

test('an input that stays open begins with a text of any length', async () => {
  const { runner } = await setUp();
  const stdin = 'x'.repeat(3_000_000);
  const prepared = await runner.prepare({ program: 'wc', args: ['-c'], stdin }, who);
  const counting = await runner.start(prepared, { ...who, openInput: true, timeoutMs: 20_000 });
  await expect(counting.write('y')).rejects.toMatchObject({ code: 'STDIN_FULL' });
  await vi.waitFor(() => counting.write('y'), { timeout: 10_000 });
  counting.endInput();
  expect((await counting.exited).output.stdout.head.trim()).toBe('3000001');
});
