import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { z } from 'zod';

import { scoredScenarios, suiteDirectory, type Leg, type Revision } from './requirements.ts';

const check = z.object({
  id: z.string(),
  name: z.string(),
  status: z.enum(['SUCCESS', 'FAILURE', 'WARNING', 'SKIPPED', 'INFO']),
  description: z.string().default(''),
  errorMessage: z.string().optional(),
});

/** One thing the suite looked at. */
export type Check = z.infer<typeof check>;

/** What became of one scenario. */
export interface ScenarioResult {
  readonly name: string;
  /** Whether the revision requires it. */
  readonly scored: boolean;
  readonly checks: readonly Check[];
}

/** What became of one run. */
export interface SuiteResult {
  readonly revision: Revision;
  readonly leg: Leg;
  readonly scenarios: readonly ScenarioResult[];
  /** The suite's own verdict: 0 when nothing that is scored failed. */
  readonly exitCode: number;
  /** Where the suite wrote what it saw. */
  readonly directory: string;
}

export interface SuiteOptions {
  readonly revision: Revision;
  /** The server under test, or the command that starts the client under test; the suite appends its own URL. */
  readonly target: { readonly url: string } | { readonly command: string };
  /** Runs this scenario alone, if the revision has it. */
  readonly scenario?: string | undefined;
}

/** A client scenario starts a process each, all at once, so it may take longer than the suite's 30 seconds. */
const SCENARIO_TIMEOUT_MS = 120_000;

/** Runs the pinned official suite for one revision. */
export async function runSuite({ revision, target, scenario }: SuiteOptions): Promise<SuiteResult> {
  const leg = 'url' in target ? 'server' : 'client';
  const directory = await mkdtemp(join(tmpdir(), `toolyard-conformance-${leg}-${revision}-`));
  const output: string[] = [];
  const child = spawn(
    process.execPath,
    [
      join(suiteDirectory, 'dist', 'index.js'),
      leg,
      ...('url' in target ? ['--url', target.url] : ['--command', target.command]),
      ...(scenario === undefined
        ? ['--requirements', revision]
        : ['--scenario', scenario, '--spec-version', revision]),
      '--timeout',
      String(SCENARIO_TIMEOUT_MS),
      '--output-dir',
      directory,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => output.push(chunk.toString()));
  const [exitCode = 1]: (number | null)[] = await once(child, 'close');

  const scenarios = await readResults(directory, await scoredScenarios(revision, leg));
  if (scenarios.length === 0 && exitCode !== 0) throw new Error(`The suite did not run:\n${output.join('')}`);
  return { revision, leg, scenarios, exitCode: exitCode ?? 1, directory };
}

async function readResults(directory: string, scored: ReadonlySet<string>): Promise<ScenarioResult[]> {
  const files = await readdir(directory, { recursive: true });
  const results = files
    .filter((file) => file.endsWith('checks.json'))
    .map(async (file): Promise<ScenarioResult> => {
      const name = scenarioOf(file);
      const checks = z.array(check).parse(JSON.parse(await readFile(join(directory, file), 'utf8')));
      return { name, scored: scored.has(name), checks };
    });
  return (await Promise.all(results)).toSorted((a, b) => a.name.localeCompare(b.name));
}

/** `server-tools-list-2026-11-21T12-00-00-000Z/checks.json` is about `tools-list`. */
function scenarioOf(file: string): string {
  return dirname(file)
    .replaceAll('\\', '/')
    .replace(/^server-/, '')
    .replace(/-\d{4}-\d{2}-\d{2}T[\d-]+Z$/, '');
}
