import type { Contestant } from '../contestants.ts';
import { whole, withSpread } from '../report/format.ts';
import type { Table } from '../report/table.ts';
import { pairedRatio, type Summary, summarize } from '../statistics.ts';
import type { Block, Blocks } from './contest.ts';

/** One server's rounds, summarized and set against the base's. */
export interface Standing {
  id: string;
  title: string;
  /** CPU microseconds of the server process per request. */
  cpuMicros: Summary;
  /** `cpuMicros` as a multiple of the base's in the same round. */
  timesBase: Summary;
  perSecond: Summary;
  p50Micros: Summary;
  p99Micros: Summary;
  /** `p99Micros` as a multiple of the base's in the same round. */
  p99TimesBase: Summary;
  /** CPU time by wall time, above 1 with collector threads. Well below 1 the server waited, for the load or for a core. */
  busy: Summary;
  calls: number;
  wrong: number;
  answerBytes: number;
}

/** @param base - the one whose figures are 1. */
export function standings(contestants: readonly Contestant[], blocks: Blocks, base: Contestant): Standing[] {
  const opponent = blocks.get(base.id)!;
  return contestants.map(({ id, title }) => standing(id, title, blocks.get(id)!, opponent));
}

export function standingOf(rows: readonly Standing[], { id }: Contestant): Standing | undefined {
  return rows.find((row) => row.id === id);
}

/** @param baseName - what the base is called in the table's heads. */
export function standingsTable(rows: readonly Standing[], baseName = 'bare'): Table {
  return {
    columns: [
      'server',
      'CPU µs/request',
      `× ${baseName}`,
      'requests/s',
      'p50 µs',
      'p99 µs',
      `p99 × ${baseName}`,
      'busy',
      'calls',
      'wrong',
      'answer bytes',
    ],
    rows: rows.map((row) => [
      row.title,
      withSpread(row.cpuMicros),
      withSpread(row.timesBase, 2),
      whole(row.perSecond.median),
      whole(row.p50Micros.median),
      whole(row.p99Micros.median),
      withSpread(row.p99TimesBase, 2),
      `${whole(row.busy.median * 100)} %`,
      whole(row.calls),
      whole(row.wrong),
      whole(row.answerBytes),
    ]),
  };
}

export function faultsIn(blocks: Blocks): string[] {
  return [...blocks].flatMap(([id, list]) =>
    list.flatMap(({ faults }) => faults.map((fault) => `${id}: ${fault}`)),
  );
}

function standing(id: string, title: string, blocks: readonly Block[], base: readonly Block[]): Standing {
  const each = (key: 'cpuMicros' | 'perSecond' | 'p50Micros' | 'p99Micros' | 'busy') => ({
    own: blocks.map((block) => block[key]),
    base: base.map((block) => block[key]),
  });
  const cpu = each('cpuMicros');
  const p99 = each('p99Micros');
  return {
    id,
    title,
    cpuMicros: summarize(cpu.own),
    timesBase: pairedRatio(cpu.own, cpu.base),
    perSecond: summarize(each('perSecond').own),
    p50Micros: summarize(each('p50Micros').own),
    p99Micros: summarize(p99.own),
    p99TimesBase: pairedRatio(p99.own, p99.base),
    busy: summarize(each('busy').own),
    calls: sum(blocks.map(({ calls }) => calls)),
    wrong: sum(blocks.map(({ wrong }) => wrong)),
    answerBytes: blocks.at(-1)!.answerBytes,
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
