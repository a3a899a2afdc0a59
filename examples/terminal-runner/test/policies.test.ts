// The policies of the guide "Run commands safely": each decides as the guide says, and the guide shows the file.
import { readFileSync } from 'node:fs';
import { commandPolicy, policyJsonSchema, type CommandPolicy } from '@toolyard/validation/command';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

import { loadPolicy } from '../src/policy.ts';

const GUIDE = readFileSync(new URL('../../../docs/guides/run-commands-safely.md', import.meta.url), 'utf8');

const urlOf = (name: string) => new URL(`../policies/${name}.json`, import.meta.url);
const policyOf = (name: string) => loadPolicy({ policy: urlOf(name).pathname });

function decided(policy: CommandPolicy, line: string) {
  const [program = '', ...args] = line.split(' ');
  return policy.decide({ program, args, cwd: '/srv/project' });
}

/** `effect (rule)` for each command; words are divided by spaces. */
function decisions(policy: CommandPolicy, lines: readonly string[]): Record<string, string> {
  const entries = lines.map((line) => {
    const { effect, ruleId } = decided(policy, line);
    return [line, `${effect} (${ruleId})`];
  });
  return Object.fromEntries(entries) as Record<string, string>;
}

function effects(policy: CommandPolicy, lines: readonly string[]): Set<string> {
  return new Set(Object.values(decisions(policy, lines)).map((text) => text.split(' ')[0]!));
}

describe.each(['review', 'develop', 'operate'])('%s', (name) => {
  const document = JSON.parse(readFileSync(urlOf(name), 'utf8')) as Record<string, unknown>;

  test('fits the JSON Schema that its editor is told of', () => {
    expect(z.fromJSONSchema(policyJsonSchema() as never).safeParse(document).success).toBe(true);
    expect(document['$schema']).toBe('../policy.schema.json');
  });

  test('is shown in the guide', () => {
    const shown = [...GUIDE.matchAll(/^```json\n([\s\S]*?)^```$/gm)].map(
      ([, json = '']) => JSON.parse(json) as Record<string, unknown>,
    );
    const { $schema: _, ...expected } = document;
    expect(shown).toContainEqual(expected);
  });
});

describe('review', () => {
  const policy = policyOf('review');

  test('only looks, which the tools say of themselves', () => {
    expect(policy.annotations).toEqual({
      readOnlyHint: true,
      destructiveHint: false,
      openWorldHint: false,
    });
    expect(
      effects(policy, ['git log -p', 'git diff HEAD', 'git status', 'grep -rn TODO .', 'cat a', 'find .']),
    ).toEqual(new Set(['allow']));
    expect(policy.decide({ program: 'git', args: ['status'] }).checks).toEqual(['git-config']);
  });

  test('runs no code of the checkout and shows no settings', () => {
    expect(decisions(policy, ['npm ls', 'node --version', 'git config --get user.name'])).toEqual({
      'npm ls': 'deny (npm)',
      'node --version': 'deny (node)',
      'git config --get user.name': 'deny (no-settings)',
    });
    const writing = [
      'git commit -m x',
      'git fetch',
      'npm test',
      'make',
      'rm a',
      'sed -i s/a/b/ a',
      'sh a.sh',
    ];
    expect(effects(policy, writing)).toEqual(new Set(['deny']));
  });
});

describe('develop', () => {
  const policy = policyOf('develop');

  test('tests, builds and commits run without a question', () => {
    const everyday = ['npm test', 'npm run build', 'npx vitest run', 'make -j 4 test', 'git commit -m x'];
    expect(effects(policy, everyday)).toEqual(new Set(['allow']));
    expect(decisions(policy, ['git fetch', 'npm ci'])).toEqual({
      'git fetch': 'allow (fetching)',
      'npm ci': 'allow (locked)',
    });
  });

  test('what deletes, throws work away or reaches the network asks', () => {
    const asking = [
      ['rm -r dist', 'git rm a', 'git clean -fd', 'git branch -D old', 'git tag -d v1'],
      ['git reset --hard', 'git checkout -f main', 'git stash drop', 'git stash clear'],
      ['git push', 'git pull', 'git ls-remote', 'npm install zod', 'npm update', 'npm view zod'],
    ].flat();
    expect(effects(policy, asking)).toEqual(new Set(['ask']));
  });

  test('release tags are not pushed, and make knows four targets', () => {
    expect(decisions(policy, ['git push --tags', 'make deploy', 'make --eval x', 'make -f other'])).toEqual({
      'git push --tags': 'deny (releases)',
      'make deploy': 'deny (make.operand)',
      'make --eval x': 'deny (make.--eval)',
      'make -f other': 'deny (make.-f)',
    });
  });
});

describe('operate', () => {
  const policy = policyOf('operate');

  test('knows five programs, and none takes a path', () => {
    expect(policy.programs).toEqual(['df', 'free', 'journalctl', 'systemctl', 'uptime']);
    const looking = [
      [
        'systemctl status web',
        'systemctl is-active web',
        'systemctl list-units --failed',
        'df -h',
        'free -m',
      ],
      ['journalctl -u web -n 50 -p err', 'journalctl -f', 'uptime'],
    ].flat();
    expect(effects(policy, looking)).toEqual(new Set(['allow']));
    expect(looking.flatMap((line) => decided(policy, line).operands)).toEqual([]);
  });

  test('two services are restarted after a question, all other changes are refused', () => {
    expect(
      decisions(policy, [
        'systemctl restart web.service',
        'systemctl restart ssh.service',
        'systemctl restart web.service ssh.service',
        'systemctl -H other status',
        'journalctl --vacuum-size=1M',
        'journalctl --directory=/srv',
      ]),
    ).toEqual({
      'systemctl restart web.service': 'ask (systemctl.restart)',
      'systemctl restart ssh.service': 'deny (systemctl.restart.operand)',
      'systemctl restart web.service ssh.service': 'deny (systemctl.restart.operand)',
      'systemctl -H other status': 'deny (systemctl.option)',
      'journalctl --vacuum-size=1M': 'deny (journalctl.--vacuum-size)',
      'journalctl --directory=/srv': 'deny (journalctl.--directory)',
    });
    const others = ['systemctl', 'systemctl stop web', 'systemctl edit web', 'df /srv', 'cat a', 'sh -c id'];
    expect(effects(policy, others)).toEqual(new Set(['deny']));
  });
});

test('a rule that could never match is a mistake', () => {
  const rule = { id: 'typo', program: 'git', subcommand: 'puhs', effect: 'deny', reason: 'x.' } as const;
  expect(() => commandPolicy({ profile: 'dev', rules: [rule] })).toThrow(
    'there is no git puhs in this policy',
  );
});
