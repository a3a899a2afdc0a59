// Keeps `api/*.api.md`, one file for each entry of each package, equal to the public API of the sources, so that a
// change of the API is a change somebody reviews. `--update` writes the files; without it a difference fails.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';

import {
  Extractor,
  ExtractorConfig,
  ExtractorLogLevel,
  ExtractorMessageCategory,
} from '@microsoft/api-extractor';

import { publishedPackages, type Entry, type PublishedPackage } from './packages.ts';

const reports = 'api';
const current = mkdtempSync(join(tmpdir(), 'toolyard-api-'));

try {
  for (const published of publishedPackages()) {
    for (const entry of published.entries) writeReport(published, entry);
  }
  const changed = changedReports();
  if (process.argv.includes('--update')) {
    rmSync(reports, { recursive: true, force: true });
    cpSync(current, reports, { recursive: true });
    console.log(changed.length > 0 ? `Updated ${changed.join(', ')}.` : 'The API report was up to date.');
  } else if (changed.length > 0) {
    for (const name of changed) printDifference(name);
    console.error(
      `\nThe public API differs from ${reports}/: ${changed.join(', ')}.\n` +
        'If that is meant, run `npm run api`, commit the result and add a changeset.',
    );
    process.exitCode = 1;
  } else {
    console.log('The public API is as reported.');
  }
} finally {
  rmSync(current, { recursive: true, force: true });
}

function writeReport(published: PublishedPackage, entry: Entry): void {
  const folder = resolve(published.folder);
  const types = resolve(entry.types);
  if (!existsSync(types)) throw new Error(`${entry.types} is missing; run \`npm run typecheck\` first.`);
  const quiet = { default: { logLevel: ExtractorLogLevel.None } };
  const config = ExtractorConfig.prepare({
    configObject: {
      projectFolder: folder,
      mainEntryPointFilePath: types,
      compiler: {
        // API Extractor brings its own TypeScript, which reads the declarations that ours emitted.
        overrideTsconfig: {
          extends: resolve('tsconfig.base.json'),
          compilerOptions: { customConditions: [], typeRoots: [resolve('node_modules/@types')] },
          files: [types],
        },
      },
      apiReport: {
        enabled: true,
        reportFileName: `${basename(folder)}.${entry.name}`,
        reportFolder: current,
        reportTempFolder: join(current, '.temp'),
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      newlineKind: 'lf',
      // Doc comments and unexported types are typedoc's to judge (`npm run docs`).
      messages: { extractorMessageReporting: quiet, tsdocMessageReporting: quiet },
    },
    configObjectFullPath: undefined,
    packageJsonFullPath: join(folder, 'package.json'),
  });
  const result = Extractor.invoke(config, {
    localBuild: true,
    messageCallback: (message) => {
      if (message.category === ExtractorMessageCategory.Console) message.handled = true;
    },
  });
  rmSync(join(current, '.temp'), { recursive: true, force: true });
  if (!result.succeeded) throw new Error(`The API of ${entry.specifier} could not be read.`);
}

function changedReports(): string[] {
  mkdirSync(reports, { recursive: true });
  const names = new Set([current, reports].flatMap((folder) => globSync('*.api.md', { cwd: folder })));
  return [...names].toSorted().filter((name) => read(reports, name) !== read(current, name));
}

function read(folder: string, name: string): string | undefined {
  const path = join(folder, name);
  return existsSync(path) ? readFileSync(path, 'utf8').replaceAll('\r\n', '\n') : undefined;
}

function printDifference(name: string): void {
  const sides = [reports, current].map((folder) =>
    existsSync(join(folder, name)) ? join(folder, name) : '/dev/null',
  );
  spawnSync('git', ['--no-pager', 'diff', '--no-index', '--no-prefix', ...sides], { stdio: 'inherit' });
}
