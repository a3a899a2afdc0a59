/**
 * Runs the official conformance suite:
 * `npm run conformance -- [--requirements REVISION] [--scenario NAME] [--client | --url URL]`.
 * With `--url` the server is one that runs already. Ends with 1 when something that is required failed.
 */
import { parseArgs } from 'node:util';

import { clientCommand } from './client-command.ts';
import { failed, summarize } from './report.ts';
import { REVISIONS } from './requirements.ts';
import { startServer } from './server-process.ts';
import { runSuite, type SuiteOptions } from './suite.ts';

const { values } = parseArgs({
  options: {
    requirements: { type: 'string' },
    scenario: { type: 'string' },
    client: { type: 'boolean', default: false },
    url: { type: 'string' },
  },
});
const revisions = REVISIONS.filter(
  (revision) => values.requirements === undefined || revision === values.requirements,
);
if (revisions.length === 0) throw new Error(`--requirements takes one of: ${REVISIONS.join(', ')}.`);

if (values.client) {
  await run({ command: clientCommand });
} else if (values.url !== undefined) {
  await run({ url: values.url });
} else {
  await using server = await startServer();
  await run({ url: server.url });
}

async function run(target: SuiteOptions['target']): Promise<void> {
  for (const revision of revisions) {
    const result = await runSuite({ revision, target, scenario: values.scenario });
    process.stdout.write(`${summarize(result)}\n`);
    if (failed(result)) process.exitCode = 1;
  }
}
