import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { fullSettings, quickSettings, type Settings } from './settings.ts';

export interface Options {
  /** Groups to run. */
  only: string[];
  /** Where the figures go. */
  json: string;
  /** Whether the figures go into the page of the documentation. */
  page: boolean;
  quick: boolean;
  settings: Settings;
}

/** A median of fewer is not worth publishing. */
const fewestRounds = 7;

const defaultJson = fileURLToPath(new URL('../results/latest.json', import.meta.url));

/** @param groups - in `also`, those that run only by name. */
export function usage(groups: GroupNames): string {
  return `npm run bench -- [--quick] [--only GROUP]... [--servers ID]... [--rounds N] [--calls N] [--json FILE] [--page]

  --quick        fewer and shorter rounds
  --only GROUP   ${groups.standard.join(', ')};
                 only when named: ${groups.byName.join(', ')}; may be repeated
  --servers ID   only servers whose id starts like this (sdk, sdk-low-level, toolyard-1 …); may be repeated
  --rounds N     rounds per group
  --calls N      calls of the groups growth and soak
  --json FILE    where the figures go (default: bench/results/latest.json)
  --page         put the figures into docs/guides/performance.md, as a full run does`;
}

export interface GroupNames {
  standard: string[];
  byName: string[];
}

/** A flag that does not exist or a value that does not fit, in a sentence for the user. */
export class UsageError extends Error {}

/** @throws {UsageError} */
export function readOptions(args: readonly string[], { standard, byName }: GroupNames): Options {
  const values = parse(args);
  const groups = [...standard, ...byName];
  const unknown = values.only.find((id) => !groups.includes(id));
  if (unknown !== undefined) throw new UsageError(`No group "${unknown}". Groups: ${groups.join(', ')}.`);
  const settings = { ...(values.quick ? quickSettings : fullSettings), servers: values.servers };
  if (values.rounds !== undefined) settings.rounds = wholeNumber('--rounds', values.rounds);
  if (values.calls !== undefined) {
    settings.growthCalls = settings.soakCalls = wholeNumber('--calls', values.calls);
  }
  const partial = values.quick || values.servers.length > 0 || settings.rounds < fewestRounds;
  if (values.page && partial) {
    throw new UsageError(
      `--page takes full figures: all servers, not --quick, ${fewestRounds} rounds or more.`,
    );
  }
  return {
    only: values.only.length > 0 ? values.only : standard,
    page: values.page || (values.only.length === 0 && !partial),
    json: fromCaller(values.json ?? defaultJson),
    quick: values.quick,
    settings,
  };
}

function wholeNumber(flag: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new UsageError(`${flag} takes a whole number above 0, not "${text}".`);
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
        calls: { type: 'string' },
        page: { type: 'boolean', default: false },
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
