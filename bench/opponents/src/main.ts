import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { conditions, conditionsLine } from '../../src/report/machine.ts';
import { bare, opponents, toolyard, toolyardStateless } from './contestants.ts';
import { installedVersions } from './installed.ts';
import { measure } from './measure.ts';
import { type Options, readOptions, usage, UsageError } from './options.ts';
import { renderEra, renderPage } from './render.ts';
import { type EraReport, reportOf } from './report.ts';

try {
  await main(readOptions(process.argv.slice(2)));
} catch (error) {
  console.error(error instanceof UsageError ? `${error.message}\n\n${usage}` : error);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

async function main({ eras, servers, json, report, ...settings }: Options): Promise<void> {
  const versions = installedVersions();
  if (versions === undefined) {
    throw new UsageError('The opponents are not installed. To install them: npm ci --prefix bench/opponents');
  }
  // Before any server starts, as it would be where they are deployed.
  process.env['NODE_ENV'] = 'production';
  const machine = conditions();
  const taken = { ...machine, versions: { ...machine.versions, ...versions } };
  console.log(`${conditionsLine(taken)}\n`);

  const chosen = opponents.filter(
    ({ id }) => servers.length === 0 || servers.some((one) => id.startsWith(one)),
  );
  const reports: EraReport[] = [];
  for (const era of eras) {
    const contestants = [bare, toolyard, ...(era === '2025' ? [toolyardStateless] : []), ...chosen];
    const done = reportOf(
      await measure(era, contestants, settings, (line) => console.error(`${era}: ${line}`)),
    );
    console.log(`${renderEra(done)}\n`);
    reports.push(done);
  }
  await write(json, `${JSON.stringify({ ...taken, settings, eras: reports }, null, 2)}\n`);
  if (report !== undefined) await write(report, renderPage(conditionsLine(taken), settings.rounds, reports));
  if (reports.some(({ faults }) => faults.length > 0)) process.exitCode = 1;
}

async function write(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  console.error(`wrote ${file}`);
}
