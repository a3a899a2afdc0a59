import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { fullSettings, quickSettings, type Settings } from './settings.ts';

export interface Options {
  /** Groups to run; empty means all. */
  only: string[];
  /** Where the figures go. */
  json: string;
  /** Where the tables go besides stdout. */
  report?: string;
  quick: boolean;
  settings: Settings;
}

const defaultJson = fileURLToPath(new URL('../results/latest.json', import.meta.url));

export const usage = `npm run bench -- [--quick] [--only GROUP]... [--servers ID]... [--rounds N] [--json FILE] [--report FILE]

  --quick        fewer and shorter rounds
  --only GROUP   http-2026, http-2025, in-process, sessions or growth; may be repeated
  --servers ID   only servers whose id starts like this (sdk, sdk-low-level, toolyard-1 …); may be repeated
  --rounds N     rounds per group
  --json FILE    where the figures go (default: bench/results/latest.json)
  --report FILE  also write the tables there, as Markdown`;

/** A flag that does not exist or a value that does not fit, in a sentence for the user. */
export class UsageError extends Error {}

/** @throws {UsageError} */
export function readOptions(args: readonly string[], groups: readonly string[]): Options {
  const values = parse(args);
  const unknown = values.only.find((id) => !groups.includes(id));
  if (unknown !== undefined) throw new UsageError(`No group "${unknown}". Groups: ${groups.join(', ')}.`);
  const settings = { ...(values.quick ? quickSettings : fullSettings), servers: values.servers };
  if (values.rounds !== undefined) settings.rounds = roundsOf(values.rounds);
  return {
    only: values.only,
    json: fromCaller(values.json ?? defaultJson),
    ...(values.report === undefined ? {} : { report: fromCaller(values.report) }),
    quick: values.quick,
    settings,
  };
}

function roundsOf(text: string): number {
  const rounds = Number(text);
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new UsageError(`--rounds takes a whole number above 0, not "${text}".`);
  return rounds;
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        quick: { type: 'boolean', default: false },
        only: { type: 'string', multiple: true, default: [] },
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

/** npm runs the script in this workspace; paths are meant from where the user stood. */
function fromCaller(file: string): string {
  return resolve(process.env['INIT_CWD'] ?? process.cwd(), file);
}
