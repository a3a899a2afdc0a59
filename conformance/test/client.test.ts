import { rm } from 'node:fs/promises';

import { describe, expect, test } from 'vitest';

import { clientCommand } from '../src/client-command.ts';
import { problems } from '../src/report.ts';
import { REVISIONS } from '../src/requirements.ts';
import { runSuite } from '../src/suite.ts';

// A process per scenario, most of them about OAuth in the SDK's client: worth it once an issue, not on each change.
describe.runIf(process.env['TOOLYARD_PROOF'])('the client under test', () => {
  test.each(REVISIONS)('passes every scored scenario of %s', { timeout: 180_000 }, async (revision) => {
    const { scenarios, exitCode, directory } = await runSuite({
      revision,
      target: { command: clientCommand },
    });
    expect(problems(scenarios.filter(({ scored }) => scored))).toEqual([]);
    expect(exitCode).toBe(0);
    await rm(directory, { recursive: true });
  });
});
