import { describe, expect, test } from 'vitest';
import { createLogger, type LoggingOptions } from '../src/logging.ts';
import { createSecrets } from '../src/secrets.ts';

function record(options: Partial<LoggingOptions> = {}) {
  const lines: string[] = [];
  const destination = { write: (line: string) => lines.push(line) };
  const logger = createLogger({ name: 'test', level: 'info', destination, ...options });
  return { logger, lines, parsed: () => lines.map((line): unknown => JSON.parse(line)) };
}

test('writes one JSON object a line: level as a word, time in ISO 8601, fields, message', () => {
  const { logger, lines, parsed } = record();
  logger.child({ traceId: 't1' }).warn({ tool: 'run' }, 'Slow.');
  expect(lines[0]).toMatch(/\}\n$/);
  expect(parsed()).toEqual([
    {
      level: 'warn',
      name: 'test',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      traceId: 't1',
      tool: 'run',
      msg: 'Slow.',
    },
  ]);
});

test('leaves out what is below the level', () => {
  const { logger, lines } = record({ level: 'error' });
  logger.info({}, 'x');
  expect(lines).toEqual([]);
});

test('removes secrets by name', () => {
  const { logger, lines } = record();
  logger.info({ apiKey: 'k1', request: { headers: { authorization: 'k2' }, token: 'k3' } }, 'x');
  expect(lines.join()).not.toMatch(/k1|k2|k3/);
});

test('removes what `redact` knows before anybody gets the line', () => {
  const seen: string[] = [];
  const { redact } = createSecrets(['sesame']);
  const { logger, lines, parsed } = record({ redact, onLine: (line) => seen.push(line) });
  logger.info({ argument: 'x=sesame', sesame: 1 }, 'Got sesame.');
  expect(lines.join()).not.toContain('sesame');
  expect(parsed()).toMatchObject([{ argument: 'x=[redacted]', msg: 'Got [redacted].' }]);
  expect(seen).toEqual(lines);
});

describe('createSecrets', () => {
  test('knows secrets as they are and as JSON writes them, and takes the longest', () => {
    const { redact } = createSecrets(['open"sesame', 'open"sesame-longer']);
    expect(redact('open"sesame-longer')).toBe('[redacted]');
    expect(redact(JSON.stringify({ a: 'open"sesame' }))).toBe('{"a":"[redacted]"}');
  });

  test('grows, and leaves short values alone', () => {
    const secrets = createSecrets(['one-secret', 'abc']);
    secrets.add(['other-secret']);
    expect(secrets.redact('one-secret other-secret abc')).toBe('[redacted] [redacted] abc');
  });
});
