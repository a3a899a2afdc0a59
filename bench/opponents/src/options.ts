import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Era } from '../../src/load/eras.ts';
import type { MeasureSettings } from './measure.ts';

export interface Options extends MeasureSettings {
  eras: Era[];
  /** Which opponents take part: the beginnings of their ids. Empty means all. */
  servers: string[];
  /** Where the figures go. */
  json: string;
  /** Where the tables go besides stdout. */
  report?: string;
}

export const usage = `npm run bench:opponents -- [--quick] [--era 2026|2025] [--servers ID]... [--rounds N] [--json FILE] [--report FILE]

  --quick        five rounds, half as long
  --era ERA      only this era
  --servers ID   only opponents whose id starts like this (tmcp, mcp-, sdk …); may be repeated
  --rounds N     rounds per era (default: nine)
  --json FILE    where the figures go (default: bench/results/opponents.json)
  --report FILE  also write the tables there, as Markdown`;

/** A flag that does not exist or a value that does not fit, in a sentence for the user. */
export class UsageError extends Error {}

/** @throws {UsageError} */
export function readOptions(args: readonly string[]): Options {
  const { quick, era, servers, rounds, json, report } = parse(args);
  if (era !== undefined && era !== '2026' && era !== '2025') {
    throw new UsageError(`--era takes 2026 or 2025, not "${era}".`);
  }
  if (rounds !== undefined && !/^[1-9]\d*$/.test(rounds)) {
    throw new UsageError(`--rounds takes a whole number above 0, not "${rounds}".`);
  }
  return {
    rounds: rounds === undefined ? (quick ? 5 : 9) : Number(rounds),
    blockMs: quick ? 500 : 1_000,
    warmUpMs: quick ? 1_500 : 3_000,
    connections: 16,
    eras: era === undefined ? ['2026', '2025'] : [era],
    servers,
    json: json ?? fileURLToPath(new URL('../../results/opponents.json', import.meta.url)),
    ...(report !== undefined && { report }),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        quick: { type: 'boolean', default: false },
        era: { type: 'string' },
        servers: { type: 'string', multiple: true, default: [] },
        rounds: { type: 'string' },
        json: { type: 'string' },
        report: { type: 'string' },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
