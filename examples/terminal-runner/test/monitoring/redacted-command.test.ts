import { redactor } from '@toolyard/core/process';
import { describe, expect, test } from 'vitest';
import { redactCommand } from '../../src/monitoring/redacted-command.ts';

const mask = (...args: string[]) => redactCommand({ program: 'deploy', args }, redactor()).command.slice(1);

describe('values of options that are named like secrets are masked', () => {
  test.each([
    [
      ['--password', 'hunter2'],
      ['--password', '[redacted]'],
    ],
    [['--password=hunter2'], ['--password=[redacted]']],
    [['--api-key=hunter2'], ['--api-key=[redacted]']],
    [
      ['--github-access-token', 'hunter2'],
      ['--github-access-token', '[redacted]'],
    ],
    [['--db.password=hunter2'], ['--db.password=[redacted]']],
    [
      ['-token', 'hunter2'],
      ['-token', '[redacted]'],
    ],
    [
      ['--password', 'a\nb'],
      ['--password', '[redacted]'],
    ],
  ])('%j', (args, expected) => {
    expect(mask(...args)).toEqual(expected);
  });
});

test('other options and operands stay as they are', () => {
  const args = ['--author=ann', '--oneline', '-n', '5', 'token', 'src/a.ts', '--', '--password', '--force'];
  expect(mask(...args)).toEqual(args);
  expect(redactCommand({ program: 'git', args }, redactor()).hasSecrets).toBe(false);
});

test('what looks like a secret is masked wherever it stands', () => {
  const key = `sk-${'Ab3'.repeat(10)}`;
  expect(
    mask(`https://ann:hunter2@example.org`, `PASSWORD=hunter2`, key, `--note=${key}`, `--${key}`),
  ).toEqual([
    'https://ann:[redacted]@example.org',
    'PASSWORD=[redacted]',
    '[redacted]',
    '--note=[redacted]',
    '--[redacted]',
  ]);
});

test('a secret at the place where a long argument is cut does not show', () => {
  const key = `ghp_${'a1B2'.repeat(10)}`;
  const [shown = ''] = mask(`${'x '.repeat(495)}${key} ${'y'.repeat(5_000)}`);
  expect(shown).not.toContain('ghp_');
  expect(shown.length).toBeLessThan(1_100);
});

test('however much there is, little is shown, and what is missing is told', () => {
  const many = redactCommand({ program: 'echo', args: Array<string>(1_000).fill('x') }, redactor());
  expect(many.command).toHaveLength(129);
  expect(many.command.at(-1)).toBe('… 873 more');
  const long = redactCommand(
    { program: 'echo', args: Array<string>(100).fill('x'.repeat(2_000)) },
    redactor(),
  );
  expect(JSON.stringify(long.command).length).toBeLessThan(20_000);
  expect(long.command.at(-1)).toMatch(/^… \d+ more$/);
});
