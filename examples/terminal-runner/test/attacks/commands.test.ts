// What commands are asked to do and must not: each attack goes through the server, and what it would have done is looked for.
import type { Client } from '@modelcontextprotocol/client';
import { beforeAll, describe, expect, test } from 'vitest';
import { temporaryDirectory } from '../e2e/at-end.ts';
import { connectHttp } from '../e2e/clients.ts';
import { startHttp } from '../e2e/terminal.ts';
import { attempt, lineOf, REFUSALS, type Attempt } from './attempts.ts';
import { commandAttacks, type CommandAttack } from './command-attacks.ts';
import { createPlayground } from './playground.ts';

const playground = createPlayground();
const { canary, secret } = playground;
const attacks = commandAttacks(playground);

// Longer means that something waits for ever.
const LIMIT = { timeout: 30_000 };

type Way = 'run' | 'run_line' | 'start';

type Server = readonly [profile: string, sandbox: string, ways: readonly Way[]];

const servers: readonly Server[] =
  process.env['TOOLYARD_PROOF'] === '1'
    ? [
        ['dev', 'none', ['run', 'run_line', 'start']],
        ['dev', 'bwrap', ['run']],
        ['readonly', 'none', ['run']],
        ['readonly', 'bwrap', ['run']],
      ]
    : [
        ['dev', 'none', ['run']],
        ['readonly', 'bwrap', ['run']],
      ];

function call(client: Client, way: Way, { program, args, ...more }: CommandAttack): Promise<Attempt> {
  const { cwd, env, stdin } = more;
  const rest = {
    ...(cwd !== undefined && { cwd }),
    ...(env && { env }),
    ...(stdin !== undefined && { stdin }),
  };
  return way === 'run_line'
    ? attempt(client, way, { line: lineOf([program, ...args]), ...rest }, LIMIT)
    : attempt(client, way, { program, args, ...rest }, LIMIT);
}

test('attacks with a trace do leave one where nothing holds them', () => {
  const without = attacks
    .filter(({ hasTrace }) => hasTrace)
    .filter(({ program, args, env, stdin }) => {
      playground.direct(program, args, { ...(env && { env }), ...(stdin !== undefined && { input: stdin }) });
      return playground.traces().length === 0;
    });
  expect(without).toEqual([]);
}, 60_000);

/** What an attack achieved by a call. */
async function harmOf(client: Client, way: Way, attack: CommandAttack): Promise<string[]> {
  const { what, ends = 'refused', ...words } = attack;
  const { isError, code, text, data } = await call(client, way, attack);
  if (way === 'start' && data?.id !== undefined) await attempt(client, 'kill', { id: data.id });
  const written = JSON.stringify(words);
  const harm = [
    ...(text.includes(canary) && !written.includes(canary) ? ['reads what is outside'] : []),
    ...(text.includes(secret) ? ['reads a secret'] : []),
    ...playground.traces(),
    ...(ends !== 'harmless' && !isError ? ['runs'] : []),
    ...(ends === 'refused' && !REFUSALS.includes(code) ? [`ends with ${code ?? text.slice(0, 600)}`] : []),
  ];
  return harm.map((each) => `${what}: ${written.slice(0, 200)}: ${each}`);
}

async function connectTo(profile: string, sandbox: string): Promise<Client> {
  const settings = ['--profile', profile, '--sandbox', sandbox, '--data', temporaryDirectory()];
  const { url } = await startHttp([...settings, ...playground.roots]);
  return connectHttp(url);
}

describe.each(servers)('profile %s, sandbox %s', (profile, sandbox, ways) => {
  let client: Client;
  let before: string;
  beforeAll(async () => {
    before = playground.guarded();
    client = await connectTo(profile, sandbox);
  });

  test.each(ways)(
    '%s',
    async (way) => {
      const harm: string[] = [];
      // What does no harm in one way does none in the others, and start waits for its end.
      const tried = attacks.filter(({ ends }) => way !== 'start' || ends !== 'harmless');
      for (const attack of tried) harm.push(...(await harmOf(client, way, attack)));
      expect(harm).toEqual([]);
      expect(playground.guarded()).toBe(before);
    },
    280_000,
  );
});
