// Everything a change must pass, one step after another; a failing step does not hide what the later ones say.
// The last line counts the tests and, as failures, the steps that failed for another reason than a failing test.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';

import { z } from 'zod';

const steps = [
  'check:lockfile',
  'format:check',
  'lint',
  'typecheck',
  'coverage',
  'build',
  'check:packages',
  'knip',
  'check:api',
  'check:snippets',
  'docs',
  'check:smoke',
];
const testReport = 'coverage/tests.json';

rmSync(testReport, { force: true });
const results = steps.map((step) => {
  console.log(`\n── npm run ${step}`);
  const startedAt = performance.now();
  const { status } = spawnSync('npm', ['run', '--silent', step], { stdio: ['ignore', 'inherit', 'inherit'] });
  return { step, ok: status === 0, seconds: (performance.now() - startedAt) / 1000 };
});

console.log('\n');
for (const { step, ok, seconds } of results) {
  console.log(`${ok ? 'ok    ' : 'FAILED'}  ${step.padEnd(15)} ${seconds.toFixed(1).padStart(7)} s`);
}

const tests = countTests();
const failedSteps = results.filter(
  ({ step, ok }) => !ok && !(step === 'coverage' && tests.failed > 0),
).length;
const failed = tests.failed + failedSteps;
console.log(`\n${tests.passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

function countTests(): { passed: number; failed: number } {
  if (!existsSync(testReport)) return { passed: 0, failed: 0 };
  const Report = z.object({
    numPassedTests: z.number(),
    numFailedTests: z.number(),
  });
  const { numPassedTests, numFailedTests } = Report.parse(JSON.parse(readFileSync(testReport, 'utf8')));
  return { passed: numPassedTests, failed: numFailedTests };
}
