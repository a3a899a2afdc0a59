import { expect, test } from 'vitest';
import { createLogger, type LoggingOptions } from '../src/logging.ts';

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

test('removes secrets by value, wherever they stand', () => {
  const { logger, lines, parsed } = record({ secrets: ['open"sesame', 'open"sesame-longer'] });
  logger.info({ argument: 'x=open"sesame', 'open"sesame': 1 }, 'Got open"sesame-longer.');
  expect(lines.join()).not.toContain('sesame');
  expect(parsed()).toMatchObject([{ argument: 'x=[redacted]', msg: 'Got [redacted].' }]);
});

test('hands each finished line on', () => {
  const seen: string[] = [];
  const { logger, lines } = record({ secrets: ['sesame'], onLine: (line) => seen.push(line) });
  logger.info({}, 'sesame');
  expect(seen).toEqual(lines);
});
