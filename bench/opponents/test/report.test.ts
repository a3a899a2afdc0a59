import { describe, expect, test } from 'vitest';
import { bare, type Contestant, toolyard, toolyardStateless } from '../src/contestants.ts';
import type { Block } from '../src/measure.ts';
import { renderEra } from '../src/render.ts';
import { reportOf } from '../src/report.ts';

const rival: Contestant = { id: 'rival', title: 'rival', file: '', modes: { '2026': { answers: 'SSE' } } };
const second: Contestant = { ...rival, id: 'second', title: 'second' };
const deaf: Contestant = { id: 'deaf', title: 'deaf', file: '', modes: {} };

describe('the verdict', () => {
  test('Toolyard is the fastest when every opponent needs more CPU', () => {
    const { verdict } = report({ toolyard: [20, 20, 20], rival: [60, 62, 64] });
    expect(verdict).toEqual({
      fastest: true,
      text: 'Toolyard is the fastest of all. The next, rival, needs 3.10 ± 0.05 times its CPU.',
    });
  });

  test('it is not when one opponent needs less', () => {
    const { verdict } = report({ toolyard: [20, 20, 20], rival: [10, 10, 10] });
    expect(verdict.fastest).toBe(false);
    expect(verdict.text).toContain('NOT the fastest of all. The closest, rival, needs 0.50');
  });

  test('a lead in the middle round alone is not enough', () => {
    expect(report({ toolyard: [20, 20, 20, 20], rival: [18, 18, 21, 22] }).verdict.fastest).toBe(false);
  });

  test('like is compared with like: without sessions with Toolyard without sessions', () => {
    const { rows, verdict, cheaperThanDefault } = reportOf({
      era: '2025',
      blocks: new Map([
        [bare, [block(10)]],
        [toolyard, [block(30)]],
        [toolyardStateless, [block(20)]],
        [{ ...rival, modes: { '2025': { answers: 'JSON' } } }, [block(25)]],
        [{ ...second, modes: { '2025': { answers: 'JSON', sessions: true } } }, [block(60)]],
      ]),
      refusals: new Map(),
    });
    expect(rows.find(({ id }) => id === 'rival')!.timesToolyard.median).toBe(1.25);
    expect(rows.find(({ id }) => id === 'second')!.timesToolyard.median).toBe(2);
    expect(verdict).toMatchObject({ fastest: true, text: expect.stringContaining('rival') });
    expect(cheaperThanDefault).toEqual(['rival (0.83 ± 0.00 times its CPU)']);
  });

  test('an opponent out of contest is shown, with the reason, and not counted', () => {
    const blocks = new Map([
      [bare, [block(10)]],
      [toolyard, [block(20)]],
      [{ ...rival, outOfContest: 'it cheats' }, [block(15)]],
      [second, [block(30)]],
    ]);
    const done = reportOf({ era: '2026', blocks, refusals: new Map() });
    expect(done.verdict).toMatchObject({ fastest: true, text: expect.stringContaining('second') });
    expect(renderEra(done)).toContain('Not counted: rival; it cheats.');
  });

  test('there is none while answers are wrong', () => {
    const done = report({ toolyard: [20], rival: [60] }, { wrong: 1, faults: ['status 500'] });
    expect(done.verdict).toEqual({ fastest: false, text: 'No verdict: answers were wrong.' });
    expect(done.faults).toContain('rival: status 500');
  });

  test('there is none without an opponent', () => {
    expect(report({ toolyard: [20] }).verdict.fastest).toBe(false);
  });
});

describe('the table', () => {
  test('lists the cheapest first, with ratios of the same round', () => {
    const { rows } = report({ toolyard: [20, 40], rival: [60, 120], bare: [10, 20] });
    expect(rows.map(({ id }) => id)).toEqual(['bare', 'toolyard', 'rival']);
    expect(rows[2]).toMatchObject({ timesBare: { median: 6 }, timesToolyard: { median: 3 } });
  });

  test('says who does not speak the era, and what it answered', () => {
    const blocks = new Map([
      [bare, [block(1)]],
      [toolyard, [block(1)]],
    ]);
    const body = '{"error":{"message":"Unsupported protocol version: this one"}}';
    const done = reportOf({ era: '2026', blocks, refusals: new Map([[deaf, `status 400: ${body}`]]) });
    expect(done.faults).toEqual([]);
    expect(renderEra(done)).toContain(
      'Does not speak it: deaf (status 400: Unsupported protocol version: this one).',
    );
  });

  test('one that speaks an era it is not listed for is a fault', () => {
    const blocks = new Map([
      [bare, [block(1)]],
      [toolyard, [block(1)]],
    ]);
    const done = reportOf({ era: '2026', blocks, refusals: new Map([[deaf, undefined]]) });
    expect(done.faults).toEqual(['deaf speaks this era after all']);
  });
});

/** CPU per round of each server; `rivalDid` is what else the one called rival did. */
function report(
  cpu: { bare?: number[]; toolyard: number[]; rival?: number[] },
  rivalDid: Partial<Block> = {},
): ReturnType<typeof reportOf> {
  const blocks = new Map<Contestant, Block[]>([
    [bare, (cpu.bare ?? cpu.toolyard.map(() => 10)).map((micros) => block(micros))],
    [toolyard, cpu.toolyard.map((micros) => block(micros))],
  ]);
  if (cpu.rival)
    blocks.set(
      rival,
      cpu.rival.map((micros) => block(micros, rivalDid)),
    );
  return reportOf({ era: '2026', blocks, refusals: new Map() });
}

function block(cpuMicros: number, rest: Partial<Block> = {}): Block {
  return { cpuMicros, perSecond: 1, p99Micros: 1, calls: 1, wrong: 0, faults: [], ...rest };
}
