import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Group, GroupReport } from './groups/group.ts';
import { growth } from './groups/growth.ts';
import { http2025, http2026 } from './groups/http.ts';
import { inProcess } from './groups/in-process.ts';
import { sessions } from './groups/sessions.ts';
import { type Options, readOptions, usage, UsageError } from './options.ts';
import { conditions, conditionsLine } from './report/machine.ts';
import { renderGroup, renderPage } from './report/markdown.ts';

const groups: Group[] = [http2026, http2025, inProcess, sessions, growth];

try {
  await main(
    readOptions(
      process.argv.slice(2),
      groups.map(({ id }) => id),
    ),
  );
} catch (error) {
  console.error(error instanceof UsageError ? `${error.message}\n\n${usage}` : error);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

async function main({ only, json, report, quick, settings }: Options): Promise<void> {
  const taken = conditions();
  console.log(`${conditionsLine(taken)}\n`);
  const reports: GroupReport[] = [];
  for (const group of groups.filter(({ id }) => only.length === 0 || only.includes(id))) {
    const done = await group.run(settings, (line) => console.error(`${group.id}: ${line}`));
    console.log(`${renderGroup(done)}\n`);
    reports.push(done);
  }
  const groupFigures = reports.map(({ id, title, goals, figures, faults }) => ({
    id,
    title,
    goals,
    figures,
    faults,
  }));
  await write(json, `${JSON.stringify({ ...taken, quick, settings, groups: groupFigures }, null, 2)}\n`);
  if (report !== undefined) await write(report, renderPage(taken, settings.rounds, reports));
  if (reports.some(({ faults }) => faults.length > 0)) process.exitCode = 1;
}

async function write(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  console.error(`wrote ${file}`);
}
