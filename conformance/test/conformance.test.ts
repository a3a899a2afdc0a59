import { rm } from 'node:fs/promises';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { count, problems } from '../src/report.ts';
import { scoredScenarios } from '../src/requirements.ts';
import { startServer, type ServerProcess } from '../src/server-process.ts';
import { runSuite, type ScenarioResult, type SuiteResult } from '../src/suite.ts';

// Checks that pass on the SDK's own server, those of scenarios that are not scored included.
const REQUIREMENTS = [
  { revision: '2025-11-25', sdkChecks: 84 },
  { revision: '2026-07-28', sdkChecks: 164 },
] as const;

let server: ServerProcess;
beforeAll(async () => void (server = await startServer()));
afterAll(() => server[Symbol.asyncDispose]());

describe.each(REQUIREMENTS)('the server under test, requirements $revision', ({ revision, sdkChecks }) => {
  let result: SuiteResult;
  beforeAll(async () => void (result = await runSuite({ revision, target: { url: server.url } })), 60_000);
  // What the suite saw is worth keeping only when it found something.
  afterAll(async () => result.exitCode === 0 && rm(result.directory, { recursive: true }));

  test('every scored scenario ran', async () => {
    const ran = result.scenarios.filter(({ scored }) => scored).map(({ name }) => name);
    expect(new Set(ran)).toEqual(await scoredScenarios(revision, 'server'));
  });

  test('no scored scenario fails, as the suite sees it and as we do', () => {
    expect(problems(result.scenarios.filter(({ scored }) => scored))).toEqual([]);
    expect(result.exitCode).toBe(0);
  });

  test('nor does any other, tasks aside, which this server does not offer yet', () => {
    expect(problems(result.scenarios.filter(({ name }) => !name.startsWith('tasks-')))).toEqual([]);
  });

  test("no fewer checks pass than on the SDK's own server", () => {
    expect(count(result.scenarios, 'SUCCESS') + jsonAnswers(result.scenarios)).toBeGreaterThanOrEqual(
      sdkChecks,
    );
  });
});

/** One check passes on servers that answer `tools/list` with a stream, as the SDK does; JSON gets it INFO instead. */
function jsonAnswers(scenarios: readonly ScenarioResult[]): number {
  const checks = scenarios.flatMap((scenario) => scenario.checks);
  return checks.filter(({ id, status }) => id === 'server-sse-streams-functional' && status === 'INFO')
    .length;
}
