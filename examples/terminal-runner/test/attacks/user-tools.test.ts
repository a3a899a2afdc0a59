// Tools of a file: whatever a model passes is one value in one place.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from '@modelcontextprotocol/client';
import { beforeAll, describe, expect, test } from 'vitest';
import { temporaryDirectory } from '../e2e/at-end.ts';
import { connectHttp, eras } from '../e2e/clients.ts';
import { startHttp } from '../e2e/terminal.ts';
import { attempt } from './attempts.ts';
import { outsidePaths } from './command-attacks.ts';
import { createPlayground } from './playground.ts';

const playground = createPlayground();
const { canary, outside, secret } = playground;
const value = { value: { type: 'string', description: 'Any text.' } };
const tool = (name: string, rest: Record<string, unknown>) => ({
  name,
  description: 'For tests.',
  parameters: value,
  ...rest,
});
const TOOLS = [
  tool('show', { run: ['cat', '{value}'] }),
  tool('show_below', { run: ['cat', 'src/{value}'] }),
  tool('find_text', { run: ['grep', '-r', '{value}', 'src'] }),
  tool('git_show', { run: ['git', 'show', '{value}'] }),
  tool('list_in', { run: ['ls'], cwd: '{value}' }),
  tool('say', { run: ['echo', 'said {value}'] }),
  tool('sorted', { run: ['sort', '{value}'] }),
  tool('with_language', { run: ['ls', 'src'], env: { LANG: '{value}' } }),
  tool('read_stdin', { run: ['cat'], stdin: '{value}' }),
];

const VALUES = [
  ...outsidePaths(playground),
  `; touch ${outside}/pwned`,
  `$(touch ${outside}/pwned)`,
  `\`touch ${outside}/pwned\``,
  `| tee ${outside}/pwned`,
  `> ${outside}/pwned`,
  `\n touch ${outside}/pwned`,
  `--output=${outside}/pwned`,
  `-o${outside}/pwned`,
  '--compress-program=./evil.sh',
  '--ext-diff',
  '-f../outside/canary.txt',
  `../../outside/canary.txt`,
  '../.env',
  '{value}',
  'a\0b',
  '\ud800',
  'a\u202eb',
];

describe.each(eras)('%s', (_era, mode) => {
  let client: Client;
  beforeAll(async () => {
    const file = join(temporaryDirectory(), 'tools.json');
    writeFileSync(file, JSON.stringify({ tools: TOOLS }));
    const settings = [
      '--profile',
      'dev',
      '--sandbox',
      'none',
      '--data',
      temporaryDirectory(),
      '--tools',
      file,
    ];
    const { url } = await startHttp([...settings, ...playground.roots]);
    client = await connectHttp(url, mode);
  });

  test('no value leads out, runs something or becomes an option', async () => {
    const before = playground.guarded();
    const found: string[] = [];
    for (const { name } of TOOLS)
      for (const text of VALUES) {
        const answer = await attempt(client, name, { value: text });
        const harm = [
          answer.text.includes(canary),
          answer.text.includes(secret),
          playground.traces().length > 0,
        ];
        if (harm.includes(true)) found.push(`${name} ${JSON.stringify(text)}: ${answer.text.slice(0, 300)}`);
      }
    expect(found).toEqual([]);
    expect(playground.guarded()).toBe(before);
    expect((await attempt(client, 'show', { value: 'README.md' })).text).toContain('TODO');
  }, 120_000);
});
