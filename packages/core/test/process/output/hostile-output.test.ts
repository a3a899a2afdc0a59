// A program may be made to hold up the server that runs it.
import { expect, test } from 'vitest';
import { captureOutput } from '../../../src/process/output/capture-output.ts';
import { redactor } from '../../../src/redaction/redactor.ts';

const BYTES = 2_000_000;
const phrase = 'correct horse battery staple';
const masking = redactor({ secrets: [phrase, 'a a a a a a a a b'] });

/** What is repeated without end. Most take 20 ms or less; quadratic work takes minutes. */
const units = {
  letters: 'abcdefghij',
  'line ends': '\n',
  returns: '\r',
  'frames of progress': 'x\r',
  escapes: '\u001B',
  'control sequences without an end': '\u001B[1;',
  'titles without an end': '\u001B]',
  'one-byte introducers': '\u009B',
  'starts of keys': '-----BEGIN ',
  'headers of keys': '-----BEGIN PRIVATE KEY-----\n',
  dashes: '-',
  'names of tokens': 'token ',
  'tokens that end in names of tokens': 'xxxxxxxxxxxxxxxxxx-token ',
  'starts of URLs': 'a://a:',
  'starts of passwords': 'A_PASSWORD=',
  'starts of web tokens': 'eyJaaaaaaaa.',
  'almost the secret': `${phrase.slice(0, -1)} `,
  'the start of a secret in itself': 'a ',
  'wide characters': '😀',
  NULs: '\0',
};

test.each(Object.entries(units))('%s cost no more than other output', async (_what, unit) => {
  const bytes = Buffer.from(unit.repeat(Math.ceil(BYTES / Buffer.byteLength(unit))));
  const output = captureOutput({ maxSpillBytes: 0, redactor: masking });
  const before = process.cpuUsage();
  for (let at = 0; at < bytes.length; at += 4_096)
    await output.write('stdout', bytes.subarray(at, at + 4_096));
  await output.end();
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1000).toBeLessThan(2_500);
});
