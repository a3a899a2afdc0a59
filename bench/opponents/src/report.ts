import { withSpread } from '../../src/report/format.ts';
import { pairedRatio, type Summary, summarize } from '../../src/statistics.ts';
import { bare, type Contestant, toolyard, toolyardStateless } from './contestants.ts';
import type { Measured } from './measure.ts';

/** One era: every server's figures, and whether Toolyard needs less CPU than each opponent. */
export interface EraReport {
  era: string;
  title: string;
  /** The cheapest first. */
  rows: Row[];
  verdict: Verdict;
  /** Opponents that cost less than Toolyard's default, be it not less than Toolyard in the same mode. */
  cheaperThanDefault: string[];
  /** What servers said that do not speak the era. */
  refusals: { title: string; reason: string }[];
  faults: string[];
}

interface Row {
  id: string;
  title: string;
  mode: string;
  outOfContest?: string;
  /** CPU microseconds of the server process per request. */
  cpuMicros: Summary;
  /** `cpuMicros` as a multiple of the bare server's in the same round. */
  timesBare: Summary;
  /** The same against Toolyard in the same mode: in sessions, or without. */
  timesToolyard: Summary;
  /** The same against Toolyard as it is by default: in sessions where the era has them. */
  timesDefault: Summary;
  perSecond: Summary;
  p99Micros: Summary;
  calls: number;
  wrong: number;
}

interface Verdict {
  fastest: boolean;
  text: string;
}

const keptFaults = 3;

export function reportOf({ era, blocks, refusals }: Measured): EraReport {
  const cpuOf = (contestant: Contestant): number[] => blocks.get(contestant)!.map((one) => one.cpuMicros);
  const peerOf = (contestant: Contestant): Contestant =>
    contestant.modes[era]?.sessions || !blocks.has(toolyardStateless) ? toolyard : toolyardStateless;
  const rows = [...blocks].map(([contestant, done]): Row => {
    const { answers, sessions } = contestant.modes[era]!;
    return {
      id: contestant.id,
      title: contestant.title,
      mode: sessions ? `${answers}, sessions` : answers,
      ...(contestant.outOfContest !== undefined && { outOfContest: contestant.outOfContest }),
      cpuMicros: summarize(cpuOf(contestant)),
      timesBare: pairedRatio(cpuOf(contestant), cpuOf(bare)),
      timesToolyard: pairedRatio(cpuOf(contestant), cpuOf(peerOf(contestant))),
      timesDefault: pairedRatio(cpuOf(contestant), cpuOf(toolyard)),
      perSecond: summarize(done.map((one) => one.perSecond)),
      p99Micros: summarize(done.map((one) => one.p99Micros)),
      calls: sum(done.map((one) => one.calls)),
      wrong: sum(done.map((one) => one.wrong)),
    };
  });
  rows.sort((a, b) => a.cpuMicros.median - b.cpuMicros.median);
  return {
    era,
    title:
      era === '2026'
        ? 'tools/call under 2026-07-28'
        : 'tools/call under 2025-11-25 or what the server has before it',
    rows,
    verdict: verdictOn(rows),
    cheaperThanDefault: opponentsIn(rows)
      .filter(({ timesDefault }) => timesDefault.median < 1)
      .map((row) => `${row.title} (${withSpread(row.timesDefault, 2)} times its CPU)`),
    refusals: [...refusals].flatMap(([{ title }, reason]) =>
      reason === undefined ? [] : [{ title, reason }],
    ),
    faults: [
      ...[...blocks].flatMap(([{ id }, done]) => {
        const kinds = new Set(done.flatMap(({ faults }) => faults));
        return [...kinds].slice(0, keptFaults).map((fault) => `${id}: ${fault}`);
      }),
      ...[...refusals].flatMap(([{ id }, reason]) =>
        reason === undefined ? [`${id} speaks this era after all`] : [],
      ),
    ],
  };
}

/**
 * Toolyard is the fastest if every opponent in the contest needs more CPU than it does in the same mode, in three of
 * four rounds and not only in the middle one.
 */
function verdictOn(rows: readonly Row[]): Verdict {
  if (rows.some(({ wrong }) => wrong > 0)) return { fastest: false, text: 'No verdict: answers were wrong.' };
  const [next] = opponentsIn(rows)
    .filter(({ outOfContest }) => outOfContest === undefined)
    .toSorted((a, b) => a.timesToolyard.q1 - b.timesToolyard.q1);
  if (!next) return { fastest: false, text: 'No verdict: no opponent took part.' };
  const distance = `${next.title}, needs ${withSpread(next.timesToolyard, 2)} times its CPU`;
  return next.timesToolyard.q1 > 1
    ? { fastest: true, text: `Toolyard is the fastest of all. The next, ${distance}.` }
    : { fastest: false, text: `Toolyard is NOT the fastest of all. The closest, ${distance}.` };
}

function opponentsIn(rows: readonly Row[]): Row[] {
  const others = [bare.id, toolyard.id, toolyardStateless.id];
  return rows.filter(({ id }) => !others.includes(id));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
