import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { groups } from './groups/all.ts';
import type { GroupReport } from './groups/group.ts';
import { type Options, readOptions, usage, UsageError } from './options.ts';
import { conditions, conditionsLine } from './report/machine.ts';
import { asPart, pageParts, renderGroup } from './report/markdown.ts';
import { fillPage } from './report/page.ts';

const names = {
  standard: groups.filter(({ onlyByName }) => !onlyByName).map(({ id }) => id),
  byName: groups.filter(({ onlyByName }) => onlyByName).map(({ id }) => id),
};
const page = fromHere('../../docs/guides/performance.md');
/** Written by `npm run bench:opponents`, which needs packages of its own. */
const opponents = fromHere('../opponents/RESULTS.md');

try {
  await main(readOptions(process.argv.slice(2), names));
} catch (error) {
  console.error(error instanceof UsageError ? `${error.message}\n\n${usage(names)}` : error);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

async function main({ only, json, page: forPage, quick, settings }: Options): Promise<void> {
  const taken = conditions();
  console.log(`${conditionsLine(taken)}\n`);
  const reports: GroupReport[] = [];
  for (const group of groups.filter(({ id }) => only.includes(id))) {
    const done = await group.run(settings, (line) => console.error(`${group.id}: ${line}`));
    console.log(`${renderGroup(done)}\n`);
    reports.push(done);
  }
  await write(json, `${JSON.stringify({ ...taken, quick, settings, groups: reports }, null, 2)}\n`);
  if (reports.some(({ faults }) => faults.length > 0)) {
    process.exitCode = 1;
    return;
  }
  if (!forPage) return;
  const parts = pageParts(taken, settings.rounds, reports);
  // The table of all goals is of one run, or it would mix days and machines.
  if (names.standard.some((id) => !only.includes(id))) parts.delete('goals');
  if (existsSync(opponents)) parts.set('opponents', asPart(await readFile(opponents, 'utf8')));
  await write(page, fillPage(await readFile(page, 'utf8'), parts));
}

function fromHere(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}

async function write(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  console.error(`wrote ${file}`);
}
