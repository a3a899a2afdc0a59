import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { redactionStream } from '../../src/redaction/redaction-stream.ts';
import { redactor, type RedactOptions } from '../../src/redaction/redactor.ts';

const exact = ['hunter2-hunter2', 'correct horse battery staple', 'two\nlines of it', 'päss wörd 😀'];
const privateKey = `-----BEGIN RSA PRIVATE KEY-----\n${'MIIEow+/AbCd0123=\n'.repeat(40)}-----END RSA PRIVATE KEY-----`;

/** What would give away each secret, wherever it stands. */
const secrets: readonly { text: string; telling: string }[] = [
  ...exact.map((text) => ({ text, telling: text })),
  { text: privateKey, telling: 'MIIEow' },
  { text: 'Authorization: Bearer abc123def456ghi789jkl', telling: 'def456ghi' },
  { text: 'token \t k3y-0123456789abcdefgh', telling: '0123456789abc' },
  { text: `sk-${'Ab3'.repeat(12)}`, telling: 'Ab3Ab3' },
  { text: `ghp_${'a1'.repeat(18)}`, telling: 'a1a1' },
  { text: `eyJ${'x'.repeat(40)}.eyJ${'y'.repeat(90)}.zzzzzzzz`, telling: 'yyyy' },
  { text: 'https://ann:geheim77@example.org/a?token=verysecret99', telling: 'geheim77' },
  { text: 'MY_PASSWORD="open-sesame-12"', telling: 'sesame' },
  { text: 'postgres://me:p4ssw0rd-x@db:5432/one', telling: 'p4ssw0rd' },
];

const filler = fc.oneof(
  fc.constantFrom(
    ' ',
    '\n',
    '  ',
    '\t',
    ', ',
    ' token ',
    'bearer ',
    '-----BEGIN ',
    '-----BEGIN X-----\n',
    'correct ',
    ' two\n',
    '-----',
  ),
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'grapheme', maxLength: 4 }),
);
const secret = fc.constantFrom(...secrets).map(({ text }) => `\n${text}\n`);
const text = fc.array(fc.oneof(filler, secret), { maxLength: 14 }).map((parts) => parts.join(''));
const cuts = fc.array(fc.nat(60), { minLength: 1, maxLength: 200 });

/** Cuts a text into pieces of the given lengths, over and over. */
function pieces(whole: string, lengths: readonly number[]): string[] {
  const result: string[] = [];
  for (let from = 0, index = 0; from < whole.length; index++) {
    const length = Math.max(1, lengths[index % lengths.length]!);
    result.push(whole.slice(from, from + length));
    from += length;
  }
  return result;
}

function throughStream(whole: string, lengths: readonly number[], options: RedactOptions): string {
  const stream = redactionStream(redactor(options));
  return (
    pieces(whole, lengths)
      .map((piece) => stream.write(piece))
      .join('') + stream.end()
  );
}

const runs = { numRuns: process.env['TOOLYARD_PROOF'] ? 20_000 : 800 };

test('a text in pieces is masked like the whole, however it is cut', () => {
  const whole = redactor({ secrets: exact });
  fc.assert(
    fc.property(text, cuts, (original, lengths) => {
      expect(throughStream(original, lengths, { secrets: exact })).toBe(whole.text(original));
    }),
    runs,
  );
});

test('no part of the stream shows a secret, even before it has ended', () => {
  fc.assert(
    fc.property(fc.constantFrom(...secrets), text, cuts, ({ text: hidden, telling }, around, lengths) => {
      const stream = redactionStream(redactor({ secrets: exact }));
      let shown = '';
      for (const piece of pieces(`${around}\n${hidden}\n`, lengths)) {
        shown += stream.write(piece);
        expect(shown).not.toContain(telling);
      }
    }),
    runs,
  );
});

test.each(secrets)('each way to cut $text in two hides it', ({ text: hidden, telling }) => {
  const line = `before ${hidden} after\n`;
  for (let cut = 1; cut < line.length; cut++) {
    const stream = redactionStream(redactor({ secrets: exact }));
    expect(stream.write(line.slice(0, cut)) + stream.write(line.slice(cut)) + stream.end()).not.toContain(
      telling,
    );
  }
});

test('a whole line may be shown as soon as it has come', () => {
  const stream = redactionStream(redactor({ secrets: exact }));
  expect(stream.write('login: ')).toBe('login: ');
  expect(stream.write('ann\nnext')).toBe('ann\n');
  expect(stream.write('')).toBe('');
  expect(stream.end()).toBe('next');
});

test('own patterns without white space are masked by the word', () => {
  const stream = redactionStream(redactor({ patterns: [/\bEMP-\d{6}\b/] }));
  expect(stream.write('I am EMP-12')).toBe('I am ');
  expect(stream.write('3456 now')).toBe('[redacted] ');
});

test.each([/Case no \d+/, /Case.no.\d+/, /Case\sno\s\d+/, /Case[^x]no[^x]\d+/, /Case\x20no\x20\d+/])(
  'own patterns that may match white space, as %s, are masked by the line',
  (pattern) => {
    const stream = redactionStream(redactor({ patterns: [pattern] }));
    expect(stream.write('This is Case ')).toBe('');
    expect(stream.write('no 12')).toBe('');
    expect(stream.write('34.\nnext ')).toBe('This is [redacted].\n');
  },
);

test('text without any space is shown before it ends, and a secret in it is hidden', () => {
  const stream = redactionStream(redactor({ secrets: ['hunter2-hunter2'] }));
  const wall = '{"a":1},'.repeat(4_000);
  const whole = `${wall}hunter2-hunter2,${wall}${wall}"sk-${'Ab3'.repeat(12)}",${wall}`;
  let shown = '';
  for (const piece of pieces(whole, [1000])) shown += stream.write(piece);
  expect(shown.length).toBeGreaterThan(whole.length / 2);
  shown += stream.end();
  expect(shown).toBe(redactor({ secrets: ['hunter2-hunter2'] }).text(whole));
});

test('of a secret without an end nothing is shown, and after it text goes on', () => {
  const stream = redactionStream(redactor());
  let shown = '';
  for (let part = 0; part < 60; part++)
    shown += stream.write(part === 0 ? 'x API_TOKEN=' : 'abcdefghij'.repeat(400));
  shown += stream.write(' and more ') + stream.end();
  expect(shown).toBe('x API_TOKEN=[redacted] and more ');
});
