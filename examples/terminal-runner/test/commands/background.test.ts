import { describe, expect, test } from 'vitest';
import { uniqueSeconds, waitForProcesses } from '../processes.ts';
import {
  ann,
  bob,
  codeOf,
  dataOf,
  eras,
  eventually,
  followUpdates,
  startServer,
  textOf,
  type Era,
} from './setup.ts';

/** Answers lines: `4` with `16`, `bye` with its end. */
const SQUARES = `
  import { createInterface } from 'node:readline';
  console.log('ready');
  for await (const line of createInterface({ input: process.stdin })) {
    if (line === 'bye') process.exit(0);
    console.log(String(line * line));
  }
  console.log('end of input');
  setInterval(() => {}, 1000);`;

/** A server whose users say yes. */
async function withSquares(era: Era) {
  const server = await startServer();
  server.file('squares.mjs', SQUARES);
  const asked: string[] = [];
  const caller = server.client({
    era,
    onInput: {
      elicit: ({ message }) => {
        asked.push(message);
        return { action: 'accept', content: {} };
      },
    },
  });
  const started = await caller.call('start', { program: 'node', args: ['squares.mjs'] });
  return { ...server, caller, asked, started, id: dataOf(started).id as string };
}

describe.each(eras)('in the background, for a %s client', (era) => {
  test('a program goes on, and one id serves all tools', async () => {
    const { caller, started, id } = await withSquares(era);
    expect(started.isError).toBeUndefined();
    expect(dataOf(started)).toMatchObject({ status: 'running', uri: `artifact://${id}` });
    const ready = await caller.call('wait', { id, until: 'match', pattern: '^ready$' });
    expect(dataOf(ready)).toMatchObject({ ended: 'matched', line: 'ready', position: 5 });
    expect(dataOf(await caller.call('list_processes')).processes).toMatchObject([
      {
        id,
        command: 'node squares.mjs',
        cwd: '.',
        status: 'running',
        isBackground: true,
        hasOpenInput: true,
      },
    ]);
    const read = await caller.call('read_output', { id });
    expect(textOf(read)).toContain('still growing');
    expect(textOf(read)).toContain('ready\n');
    const { contents } = await caller.read(`artifact://${id}`);
    expect(contents).toMatchObject([{ text: 'ready\n' }]);

    const killed = await caller.call('kill', { id });
    expect(killed.isError).toBeUndefined();
    expect(dataOf(killed)).toMatchObject({ status: 'exited', signal: 'SIGTERM', reason: 'killed' });
    expect(dataOf(await caller.call('kill', { id }))).toMatchObject({ reason: 'killed' });
    expect(textOf(await caller.call('read_output', { id }))).not.toContain('still growing');
    expect(dataOf(await caller.call('wait', { id, until: 'exit' }))).toMatchObject({
      ended: 'exited',
      exitCode: null,
      output: { text: 'ready\n' },
    });
  });

  test('input is answered, and a position gives only what is new', async () => {
    const { caller, id, asked } = await withSquares(era);
    await caller.call('wait', { id, until: 'match', pattern: 'ready' });
    const sent = await caller.call('send_input', { id, text: '4\n' });
    expect(dataOf(sent)).toEqual({ id, position: 6 });
    const answer = await caller.call('wait', { id, until: 'match', pattern: '^\\d+$', from: 6 });
    expect(dataOf(answer)).toMatchObject({ line: '16', output: { text: '16' } });
    await caller.call('send_input', { id, text: '5\n' });
    const { position } = dataOf(answer);
    const next = await caller.call('wait', { id, until: 'match', pattern: '^\\d+$', from: position });
    expect(dataOf(next)).toMatchObject({ line: '25', output: { text: '\n25' } });
    const silent = await caller.call('wait', { id, until: 'idle', idleMs: 50 });
    expect(dataOf(silent)).toMatchObject({ ended: 'idle', output: { text: 'ready\n16\n25\n' } });

    const last = await caller.call('send_input', { id, text: '', end: true });
    const ended = { id, until: 'match', pattern: 'end of input', from: dataOf(last).position };
    expect(dataOf(await caller.call('wait', ended))).toMatchObject({ ended: 'matched' });
    expect(codeOf(await caller.call('send_input', { id, text: 'x' }))).toBe('STDIN_CLOSED');
    // Asked once, for all of it.
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatch(/^Send this to "node" .*squares\.mjs.*without a question\?\n\| 4\n/);
  });

  test('without a yes nothing is sent', async () => {
    const { client, caller, id, decisions } = await withSquares(era);
    await caller.call('wait', { id, until: 'match', pattern: 'ready' });
    const mute = await client({ era }).call('send_input', { id, text: '4\n' });
    expect(codeOf(mute)).toBe('COMMAND_NOT_APPROVED');
    expect(textOf(mute)).toContain('This client cannot ask');
    const declining = client({ era, onInput: { elicit: () => ({ action: 'decline' }) } });
    expect(codeOf(await declining.call('send_input', { id, text: '4\n' }))).toBe('COMMAND_NOT_APPROVED');
    await caller.call('send_input', { id, text: '3\n' });
    const answer = await caller.call('wait', { id, until: 'match', pattern: '^\\d+$' });
    expect(dataOf(answer).output.text).toBe('ready\n9');
    expect(decisions).toMatchObject([
      { program: 'node squares.mjs', args: ['2 characters'], effect: 'ask', isApproved: false },
      { args: ['2 characters'], isApproved: false },
      { args: ['2 characters'], isApproved: true },
    ]);
    const long = await caller.call('start', { program: 'node', args: ['squares.mjs'] });
    const first = { id: dataOf(long).id, text: '4'.repeat(9_000) };
    expect(textOf(await caller.call('send_input', first))).toContain('8000 characters are the most');
  });

  test('where the policy only lets programs look, nobody has to be asked', async () => {
    const { client } = await startServer({ policy: { profile: 'readonly' } });
    const caller = client({ era });
    const { id } = dataOf(await caller.call('start', { program: 'cat' }));
    await caller.call('send_input', { id, text: 'hello', end: true });
    const answer = await caller.call('wait', { id, until: 'exit' });
    expect(dataOf(answer)).toMatchObject({ exitCode: 0, output: { text: 'hello' } });
  });

  test('one that fails at once says so', async () => {
    const { client, file } = await startServer({ firstLookMs: 10_000 });
    file('broken.mjs', 'throw new Error("no port");');
    const answer = await client({ era }).call('start', { program: 'node', args: ['broken.mjs'] });
    expect(answer.isError).toBe(true);
    expect(dataOf(answer)).toMatchObject({ status: 'exited', exitCode: 1, reason: 'exited' });
    expect(textOf(answer)).toContain('no port');
    const denied = await client({ era }).call('start', { program: 'bash' });
    expect(codeOf(denied)).toBe('COMMAND_DENIED');
    expect(await client({ era }).list('resources')).toHaveLength(1);
  });

  test('nobody else finds, reads or ends it', async () => {
    const { client, caller, id } = await withSquares(era);
    const stranger = client({ era, as: bob });
    const attempts: [string, Record<string, unknown>][] = [
      ['wait', { id, until: 'exit', timeoutMs: 50 }],
      ['send_input', { id, text: 'bye\n' }],
      ['signal', { id, signal: 'SIGKILL' }],
      ['kill', { id }],
    ];
    for (const [tool, args] of attempts) {
      const answer = await stranger.call(tool, args);
      expect(answer.isError).toBe(true);
      expect(codeOf(answer)).toBe('PROCESS_NOT_FOUND');
    }
    expect(codeOf(await stranger.call('read_output', { id }))).toBe('ARTIFACT_NOT_FOUND');
    await expect(stranger.read(`artifact://${id}`)).rejects.toMatchObject({ code: expect.anything() });
    expect(dataOf(await stranger.call('list_processes'))).toEqual({ processes: [] });
    const otherTenant = client({ era, tenant: 'other' });
    expect(codeOf(await otherTenant.call('kill', { id }))).toBe('PROCESS_NOT_FOUND');
    expect(dataOf(await caller.call('wait', { id, until: 'idle', idleMs: 20 })).status).toBe('running');
  });

  test('it outlives its client, and the same user finds it again', async () => {
    const { client, caller, id } = await withSquares(era);
    await caller.close();
    const again = client({ era, as: ann });
    expect(dataOf(await again.call('list_processes')).processes).toMatchObject([{ id, status: 'running' }]);
    expect(dataOf(await again.call('kill', { id })).reason).toBe('killed');
    expect(dataOf(await again.call('list_processes')).processes).toMatchObject([{ id, status: 'exited' }]);
  });

  test('a start that is cancelled before its answer leaves nothing running', async () => {
    const { client } = await startServer({ firstLookMs: 30_000 });
    const caller = client({ era });
    const seconds = uniqueSeconds();
    const starting = caller.call('start', { program: 'sleep', args: [seconds] }).catch(() => {});
    await waitForProcesses(seconds, 1);
    await caller.cancel();
    await starting;
    await waitForProcesses(seconds, 0);
    await eventually(async () => {
      const { processes } = dataOf(await caller.call('list_processes'));
      expect(processes).toMatchObject([{ reason: 'cancelled' }]);
    });
  });

  test('cancelling a wait leaves the process alone', async () => {
    const { caller, id } = await withSquares(era);
    const waiting = caller.call('wait', { id, until: 'exit' }).catch(() => {});
    await caller.cancel();
    await waiting;
    expect(dataOf(await caller.call('list_processes')).processes).toMatchObject([{ status: 'running' }]);
  });

  test('a wait ends after its time, and the process goes on', async () => {
    const { caller, id } = await withSquares(era);
    const answer = await caller.call('wait', { id, until: 'exit', timeoutMs: 30 });
    expect(answer.isError).toBeUndefined();
    expect(dataOf(answer)).toMatchObject({ ended: 'timedOut', status: 'running' });
    expect(textOf(answer)).toContain('wait again');
  });

  test('a pattern that is none, or is missing, is refused', async () => {
    const { caller, id } = await withSquares(era);
    expect(codeOf(await caller.call('wait', { id, until: 'match', pattern: '(' }))).toBe('INVALID_PATTERN');
    const missing = await caller.call('wait', { id, until: 'match' });
    expect(codeOf(missing)).toBe('INVALID_ARGUMENTS');
    expect(textOf(missing)).toContain('pattern');
  });

  test('signals reach it', async () => {
    const { client, file } = await startServer();
    file(
      'signals.mjs',
      'process.on("SIGHUP", () => console.log("reloaded")); setInterval(() => {}, 1000); console.log("up");',
    );
    const caller = client({ era });
    const { id } = dataOf(await caller.call('start', { program: 'node', args: ['signals.mjs'] }));
    await caller.call('wait', { id, until: 'match', pattern: 'up' });
    expect(dataOf(await caller.call('signal', { id, signal: 'SIGHUP' }))).toMatchObject({
      status: 'running',
    });
    expect(dataOf(await caller.call('wait', { id, until: 'match', pattern: 'reloaded' })).ended).toBe(
      'matched',
    );
    await caller.call('signal', { id, signal: 'SIGINT' });
    expect(dataOf(await caller.call('wait', { id, until: 'exit' }))).toMatchObject({
      signal: 'SIGINT',
      reason: 'exited',
    });
    expect(codeOf(await caller.call('signal', { id, signal: 'SIGINT' }))).toBe('PROCESS_EXITED');
  });

  test('kill ends a stubborn one with all it started', async () => {
    const { client, file } = await startServer();
    const seconds = uniqueSeconds();
    file(
      'stubborn.mjs',
      `import { spawn } from 'node:child_process';
       process.on('SIGTERM', () => console.log('no'));
       spawn('sleep', ['${seconds}'], { stdio: 'ignore', detached: true });
       console.log('up');
       setInterval(() => {}, 1000);`,
    );
    const caller = client({ era });
    const { id } = dataOf(await caller.call('start', { program: 'node', args: ['stubborn.mjs'] }));
    await caller.call('wait', { id, until: 'match', pattern: 'up' });
    await waitForProcesses(seconds, 1);
    expect(dataOf(await caller.call('kill', { id }))).toMatchObject({ signal: 'SIGKILL', reason: 'killed' });
    await waitForProcesses(seconds, 0);
    expect(textOf(await caller.call('read_output', { id }))).toContain('no\n');
  });

  test('limits of silence and time end it', async () => {
    const { client } = await startServer({ firstLookMs: 10_000 });
    const caller = client({ era });
    const silent = { program: 'sleep', args: [uniqueSeconds()], idleTimeoutMs: 100 };
    expect(dataOf(await caller.call('start', silent))).toMatchObject({ status: 'exited', reason: 'idle' });
    const late = { program: 'sleep', args: [uniqueSeconds()], timeoutMs: 100 };
    const ended = await caller.call('start', late);
    expect(dataOf(ended)).toMatchObject({ status: 'exited', reason: 'timedOut' });
    expect(textOf(ended)).not.toContain('use start');
  });

  test('a subscriber hears of its output as it grows', async () => {
    const { caller, id } = await withSquares(era);
    await caller.call('wait', { id, until: 'match', pattern: 'ready' });
    const updates = await followUpdates(caller, `artifact://${id}`);
    await caller.call('send_input', { id, text: '6\n' });
    await eventually(() => expect(updates()).toBe(1));
    await caller.call('kill', { id });
    await eventually(() => expect(updates()).toBeGreaterThan(1));
  });

  test('too many at once are refused, and leave nothing behind', async () => {
    const { client } = await startServer();
    const caller = client({ era });
    for (let count = 0; count < 8; count++)
      await caller.call('start', { program: 'sleep', args: [uniqueSeconds()], openInput: false });
    const answer = await caller.call('start', { program: 'sleep', args: ['5'] });
    expect(codeOf(answer)).toBe('TOO_MANY_PROCESSES');
    expect(await caller.list('resources')).toHaveLength(8);
  }, 30_000);
});

test('a flood in the background is shown by its end, and read by the rest', async () => {
  const { client } = await startServer({ firstLookMs: 10_000 });
  const caller = client({});
  const started = await caller.call('start', { program: 'seq', args: ['300000'] });
  const { id, output, position } = dataOf(started);
  expect(position).toBe(1_988_895);
  expect(output.totalBytes).toBe(position);
  expect(output.text).toMatch(/bytes left out …\]\n[^]*\n300000\n$/);
  expect(output.text.length).toBeLessThan(8_000);
  expect(textOf(started)).toContain(`read_output, id "${id}"`);
  const part = await caller.call('read_output', { id, from: position - 14 });
  expect(textOf(part)).toContain('299999\n300000\n');
  const matched = await caller.call('wait', { id, until: 'match', pattern: '^299999$', from: 1_900_000 });
  expect(dataOf(matched)).toMatchObject({ ended: 'matched', position: position - 8 });
});

test('positions are bytes, whatever the characters', async () => {
  const { client, file } = await startServer();
  file('words.mjs', 'console.log("größe €"); console.log("€ next"); setInterval(() => {}, 1000);');
  const caller = client({});
  const { id } = dataOf(await caller.call('start', { program: 'node', args: ['words.mjs'] }));
  const first = dataOf(await caller.call('wait', { id, until: 'match', pattern: 'größe' }));
  expect(first.position).toBe(Buffer.byteLength('größe €'));
  const next = { id, until: 'match', pattern: '€', from: first.position };
  const second = dataOf(await caller.call('wait', next));
  expect(second).toMatchObject({ line: '€ next', output: { text: '\n€ next' } });
  const read = await caller.call('read_output', { id, from: first.position, bytes: 100 });
  expect(textOf(read)).toContain('\n€ next\n');
});

test('what runs for a call can be looked at and ended from another one', async () => {
  const { client, file } = await startServer();
  file('talk.mjs', 'console.log("up"); setInterval(() => {}, 1000);');
  const running = client({}).call('run', { program: 'node', args: ['talk.mjs'] });
  const other = client({});
  const id = await eventually(async () => {
    const [process] = dataOf(await other.call('list_processes')).processes;
    expect(process).toMatchObject({ command: 'node talk.mjs', isBackground: false });
    return process.id as string;
  });
  const seen = dataOf(await other.call('wait', { id, until: 'match', pattern: 'up' }));
  expect(seen).toMatchObject({ ended: 'matched', output: { text: 'up\n' } });
  await other.call('kill', { id });
  const ended = await running;
  expect(ended.isError).toBe(true);
  expect(dataOf(ended)).toMatchObject({ reason: 'killed', stdout: { text: 'up\n' } });
});

test('where the policy allows nothing there are no tools', async () => {
  const { client } = await startServer({ policy: { profile: 'none' } });
  expect((await client({}).list('tools')).map(({ name }) => name)).toEqual(['read_output']);
});

async function toolsUnder(profile: 'readonly' | 'dev') {
  const { client } = await startServer({ policy: { profile } });
  return client({}).list('tools');
}

test('the tools say what the policy makes of them, in a few words', async () => {
  const [looking, developing] = [await toolsUnder('readonly'), await toolsUnder('dev')];
  for (const { description = '' } of [...looking, ...developing])
    expect(description.split(/\s+/).length).toBeLessThan(130);
  const hintsOf = (tools: typeof looking) => tools.find(({ name }) => name === 'run')?.annotations;
  expect(hintsOf(looking)).toMatchObject({ readOnlyHint: true, destructiveHint: false });
  expect(hintsOf(developing)).toMatchObject({ readOnlyHint: false, openWorldHint: true });
});
