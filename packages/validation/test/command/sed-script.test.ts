import { spawnSync } from 'node:child_process';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkSedScript } from '../../src/command.ts';

test.each([
  's/a/b/',
  's/a/b/gI2p',
  's,/usr,/opt,g',
  's|w|e|g',
  String.raw`s/\/w/x/`,
  String.raw`s/[]/]/x/`,
  's/[^/]*$//',
  's/[[:space:]]*$//',
  '/a/,/b/d',
  '0~4d',
  '1,+3p',
  '/x/I,$!d',
  String.raw`\,w x,p`,
  '/{/p',
  '/a/{p;d}',
  '/a/{\np\nd\n}',
  ':again;s/a/b/;t again',
  ':a;N;$!ba;s/\\n/ /g',
  '$!N;P;D',
  'y/abc/xyz/',
  '1i some text; e w r',
  'a\\\ntext of a line',
  '# e id',
  '5q3',
  'l 20',
  '=',
  's/a/b/ # comment',
  '',
  ' ; ; p',
  'p;p;;p}'.slice(0, -1),
  "s/x/it's/",
  's/é/日本/',
])('harmless: %s', (script) => {
  expect(checkSedScript(script)).toBeUndefined();
});

test.each([
  ['e', 'runs a program'],
  ['1e id', 'runs a program'],
  ['/x/e', 'runs a program'],
  ['$!e id', 'runs a program'],
  ['s/a/b/e', 'runs a program'],
  ['s/a/b/ge', 'runs a program'],
  ['s/a/b/2e', 'runs a program'],
  ['p;e id', 'runs a program'],
  ['{e id\n}', 'runs a program'],
  ['/a/{;;e\n}', 'runs a program'],
  ['# x\ne id', 'runs a program'],
  ['a text\ne id', 'runs a program'],
  ['y/a/b/;e', 'runs a program'],
  [':a\ne', 'runs a program'],
  ['ba;e', 'runs a program'],
  ['/[/]/e id', 'runs a program'],
  ['sxaxbxe', 'runs a program'],
  ['w x', 'writes a file'],
  ['s/a/b/w x', 'writes a file'],
  ['s/a/b/pw x', 'writes a file'],
  ['W x', 'writes a file'],
  ['r x', 'reads another file'],
  ['0r x', 'reads another file'],
  ['R x', 'reads another file'],
  ['v 4.2', 'not known'],
  ['a x\\\ne id', 'not allowed'],
  ['k', 'not known'],
  ['s/a/b', 'missing'],
  ['/a', 'missing'],
  ['{p', 'not closed'],
  ['p}', 'closes nothing'],
  ['pp', 'not expected'],
  ['séaébé', 'delimiter'],
])('refused: %s', (script, reason) => {
  expect(checkSedScript(script)).toContain(reason);
});

test('long scripts take linear time', () => {
  const started = process.cpuUsage().user;
  for (const part of ['s/a/b/;', '[', '/[', '{', 'a\\\n', '\\', ':a;', 's/[[:a', '!'])
    checkSedScript(part.repeat(65_536 / part.length));
  expect(process.cpuUsage().user - started).toBeLessThan(2_000_000);
});

const canJudge = spawnSync('sed', ['--sandbox', 'p'], { input: '' }).status === 0;
const isProof = process.env['TOOLYARD_PROOF'] === '1';

describe.skipIf(!canJudge)(
  `judged by sed --sandbox${canJudge ? '' : ' (skipped: this sed has none)'}`,
  () => {
    const piece = fc.constantFrom(
      ...'s / , | p e w r W R q d D ; { } [ ] ^ $ \\ a b x 1 2 ! : t n N = # y i c I M g'.split(' '),
      ' ',
      '\n',
      's/a/b/',
      '/x/',
      '1,2',
      '[^/]',
      '[[:alpha:]]',
      '\\n',
      '\\/',
      'a\\\n',
      'e id',
      'w f',
      's,a,b,',
      ':l',
      't l',
      'b',
      '};',
      'y/a/b/',
      '[]/]',
      '\\,x,',
    );
    const script = fc.array(piece, { minLength: 1, maxLength: 9 }).map((pieces) => pieces.join(''));

    test(
      'no accepted script runs, reads or writes anything',
      () => {
        const runs = isProof ? 60_000 : 6_000;
        const accepted = fc
          .sample(script, { numRuns: runs, ...(isProof ? {} : { seed: 11 }) })
          .filter((text) => checkSedScript(text) === undefined);
        expect(accepted.length).toBeGreaterThan(runs / 100);
        for (const text of accepted.slice(0, isProof ? 6_000 : 150)) {
          const { stderr } = spawnSync('sed', ['--sandbox', '-n', text], { input: '', timeout: 2_000 });
          expect({ text, stderr: stderr.toString() }).not.toEqual({
            text,
            stderr: expect.stringContaining('sandbox'),
          });
        }
      },
      isProof ? 600_000 : 30_000,
    );
  },
);
