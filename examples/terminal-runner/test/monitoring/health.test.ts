import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createApp, silentLogger, ToolError, type Principal } from '@toolyard/core';
import { bwrapSandbox, openSafeRoots, openSandbox, SandboxUnavailableError } from '@toolyard/core/process';
import { memoryStore } from '@toolyard/core/stores';
import { createTestClient, fakeClock } from '@toolyard/core/testing';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createCalculator } from '../../src/calculate/calculator.ts';
import { createNotes } from '../../src/context/notes.ts';
import {
  calculationsHealth,
  commandsHealth,
  dataHealth,
  filesHealth,
  notesHealth,
  outputHealth,
} from '../../src/monitoring/health-parts.ts';
import { healthTool } from '../../src/monitoring/health-tool.ts';
import { createHealth, type HealthFinding, type HealthPart } from '../../src/monitoring/health.ts';
import { temporaryDirectory } from '../temporary-directory.ts';
import { openCommands } from './open-commands.ts';

const ann: Principal = { id: 'ann', scopes: '*' };
const eve: Principal = { id: 'eve', scopes: '*' };
const { signal } = new AbortController();
const bwrapProblem = await openSandbox('bwrap').then(
  () => undefined,
  (error: unknown) => {
    if (error instanceof SandboxUnavailableError) return error.message;
    throw error;
  },
);

const healthy: HealthPart = {
  name: 'healthy',
  isRequired: true,
  check: async () => ({ status: 'ok', message: 'Works.' }),
};
const broken = (change: Partial<HealthPart> = {}): HealthPart => ({
  name: 'broken',
  isRequired: true,
  check: () => Promise.reject(new Error('connect 10.0.0.7: secret')),
  ...change,
});

const healthOf = (...parts: HealthPart[]) =>
  createHealth({ parts, logger: silentLogger, clock: fakeClock() });

describe('the state of all parts', () => {
  test('all in order', async () => {
    const health = healthOf(healthy);
    expect(await health.report()).toEqual({
      status: 'ok',
      ageMs: 0,
      parts: [{ name: 'healthy', status: 'ok', message: 'Works.' }],
    });
    expect(await health.isReady()).toBe(true);
  });

  test('a required part that fails takes the server out of traffic; what it threw is not shown', async () => {
    const health = healthOf(healthy, broken());
    const { status, parts } = await health.report();
    expect([status, parts[1]?.status]).toEqual(['failed', 'failed']);
    expect(JSON.stringify(parts)).not.toContain('secret');
    expect(await health.isReady()).toBe(false);
  });

  test('the sentence of a ToolError is shown', async () => {
    const busy = new ToolError('BUSY', 'Too much is running.');
    const { parts } = await healthOf(broken({ check: () => Promise.reject(busy) })).report();
    expect(parts[0]).toMatchObject({ status: 'failed', message: 'Too much is running.' });
  });

  test('a part that is not required leaves the server in traffic', async () => {
    const health = healthOf(healthy, broken({ isRequired: false }));
    expect((await health.report()).status).toBe('degraded');
    expect(await health.isReady()).toBe(true);
  });

  test('readiness does not look at parts that are not required', async () => {
    let looks = 0;
    const check = async () => ({ status: 'ok' as const, message: `Look ${++looks}.` });
    await healthOf({ ...healthy, isRequired: false, check }).isReady();
    expect(looks).toBe(0);
  });
});

test('a part that hangs is failed after its limit, told to stop, and not started a second time', async () => {
  const clock = fakeClock();
  const { promise, resolve } = Promise.withResolvers<HealthFinding>();
  const signals: AbortSignal[] = [];
  const check = (limit: AbortSignal) => {
    signals.push(limit);
    return promise;
  };
  const part = { ...healthy, timeoutMs: 1_000, check };
  const health = createHealth({ parts: [part], logger: silentLogger, clock, maxAgeMs: 500 });
  for (let round = 0; round < 2; round += 1) {
    const report = health.report();
    await clock.advance(1_000);
    expect((await report).parts).toEqual([
      { name: 'healthy', status: 'failed', message: 'It did not answer within 1000 ms.' },
    ]);
    await clock.advance(501);
  }
  expect(signals.map(({ aborted }) => aborted)).toEqual([true]);

  resolve({ status: 'ok', message: 'At last.' });
  await clock.advance(501);
  expect((await health.report()).parts).toMatchObject([{ status: 'ok', message: 'At last.' }]);
});

test('however many ask, a part is looked at once in five seconds', async () => {
  const clock = fakeClock();
  let looks = 0;
  const check = async () => ({ status: 'ok' as const, message: `Look ${++looks}.` });
  const health = createHealth({ parts: [{ ...healthy, check }], logger: silentLogger, clock });
  await Promise.all([health.isReady(), health.isReady()]);
  await clock.advance(5_000);
  await health.isReady();
  expect(looks).toBe(1);
  await clock.advance(1);
  await health.isReady();
  expect(looks).toBe(2);
});

describe('commands', () => {
  test('a trial shows that programs run, and nobody hears of it', async () => {
    const { commands } = await openCommands();
    const heard: unknown[] = [];
    commands.supervisor.on('processStarted', (event) => void heard.push(event));
    expect(await commandsHealth(commands).check(signal)).toEqual({
      status: 'ok',
      message: 'Programs run without a sandbox.',
    });
    expect(heard).toEqual([]);
  });

  test.skipIf(bwrapProblem !== undefined)(
    `the trial runs inside the sandbox${bwrapProblem === undefined ? '' : `: ${bwrapProblem}`}`,
    async () => {
      const { commands } = await openCommands({ sandbox: 'bwrap' });
      expect(await commandsHealth(commands).check(signal)).toEqual({
        status: 'ok',
        message: 'Programs run in bwrap.',
      });
    },
  );

  test('a sandbox that went away is found out', async () => {
    const { commands } = await openCommands();
    const sandbox = bwrapSandbox({
      programs: { bwrap: join(temporaryDirectory(), 'bwrap'), prlimit: undefined },
    });
    const health = healthOf(commandsHealth({ ...commands, sandbox }));
    expect(await health.isReady()).toBe(false);
    expect((await health.report()).parts[0]?.status).toBe('failed');
  });

  test('after the close of the supervisor it is not ready', async () => {
    const { commands } = await openCommands();
    await commands.supervisor.close();
    expect(await commandsHealth(commands).check(signal)).toEqual({
      status: 'failed',
      message: 'The server is shutting down.',
    });
  });

  test('where the policy allows no program nothing is tried', async () => {
    const { commands } = await openCommands({ policy: { profile: 'none' } });
    expect(await commandsHealth(commands).check(signal)).toMatchObject({ status: 'ok' });
  });
});

describe('files and data', () => {
  test('a root that went away is named', async () => {
    const path = join(temporaryDirectory(), 'project');
    mkdirSync(path);
    const roots = await openSafeRoots({ roots: [{ name: 'project', path, writable: true }] });
    onTestFinished(() => roots.close());
    expect(await filesHealth(roots).check(signal)).toEqual({ status: 'ok', message: 'Roots: project.' });
    expect(await filesHealth(roots, { minFreeBytes: Infinity }).check(signal)).toMatchObject({
      status: 'degraded',
      message: expect.stringMatching(/^The root project has \d+ bytes left\.$/),
    });
    rmSync(path, { recursive: true });
    expect((await healthOf(filesHealth(roots)).report()).status).toBe('failed');
  });

  test('the data directory is written to, and nothing stays there', async () => {
    const directory = temporaryDirectory();
    expect(await dataHealth(directory).check(signal)).toMatchObject({ status: 'ok' });
    expect(readdirSync(directory)).toEqual([]);
    expect(await dataHealth(directory, { minFreeBytes: Infinity }).check(signal)).toMatchObject({
      status: 'failed',
      message: expect.stringMatching(/^The data directory has \d+ bytes left\.$/),
    });
  });

  test('a data directory that cannot be written to is found out', async () => {
    const file = join(temporaryDirectory(), 'file');
    writeFileSync(file, '');
    expect(await dataHealth(file).check(signal)).toEqual({
      status: 'failed',
      message: 'Nothing can be written to the data directory (ENOTDIR).',
    });
  });
});

test('a calculator that is closed is failed, one that works is not', async () => {
  const calculator = createCalculator();
  onTestFinished(() => calculator.close());
  const part = calculationsHealth(calculator);
  expect(await part.check(signal)).toEqual({ status: 'ok', message: 'Expressions are evaluated.' });
  await calculator.close();
  expect(await part.check(signal)).toEqual({
    status: 'failed',
    message: 'Expressions are not evaluated (CALCULATOR_CLOSED).',
  });
});

test.each(['modern', 'legacy'] as const)(
  'the tool tells the state of all parts and what the caller alone uses (%s)',
  async (era) => {
    const { commands, data, roots } = await openCommands();
    const notes = createNotes(memoryStore());
    const parts = [
      commandsHealth(commands, { maxPerOwner: 8 }),
      filesHealth(roots),
      dataHealth(data),
      notesHealth(notes, { maxKeys: 500 }),
      outputHealth(commands.artifacts, { maxArtifacts: 200 }),
    ];
    const health = createHealth({ parts, logger: silentLogger });
    const app = createApp({ name: 'test', version: '1.0.0' }).add(healthTool(health));
    onTestFinished(() => app.close());

    const owner = JSON.stringify([null, '"ann"']);
    await notes.set({ principal: owner, workspace: 'default' }, 'goal', 1);
    const writer = await commands.artifacts.create(owner);
    await writer.write('twelve bytes');
    await writer.end();
    const command = { file: process.execPath, args: ['-'], cwd: '/', env: {} };
    const sandbox = { roots: [], network: false };
    await commands.supervisor.start(command, { owner, stdin: 'open', sandbox });

    const ask = async (as: Principal) => {
      const client = createTestClient(app, { as, era });
      onTestFinished(() => client[Symbol.asyncDispose]());
      const { structuredContent } = await client.call('health', {});
      return structuredContent as {
        status: string;
        parts: { name: string; status: string; usage: unknown[] }[];
      };
    };
    const mine = await ask(ann);
    expect(mine.status).toBe('ok');
    expect(Object.fromEntries(mine.parts.map(({ name, usage }) => [name, usage]))).toEqual({
      commands: [
        { what: 'running processes', used: 1, limit: 8 },
        { what: 'ended processes', used: 0 },
      ],
      files: [],
      data: [],
      notes: [{ what: 'notes in the workspace default', used: 1, limit: 500 }],
      output: [
        { what: 'kept outputs', used: 1, limit: 200 },
        { what: 'bytes of kept outputs', used: 12 },
      ],
    });
    const others = await ask(eve);
    expect(others.parts.flatMap(({ usage }) => usage)).toHaveLength(5);
    for (const usage of others.parts.flatMap((part) => part.usage)) expect(usage).toMatchObject({ used: 0 });
  },
);
