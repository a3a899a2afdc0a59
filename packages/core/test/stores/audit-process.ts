// Answers calls, each of them on record, until its parent ends it with SIGKILL.
import { createApp, defineTool } from '../../src/index.ts';
import { audit } from '../../src/middleware.ts';
import { jsonLinesAuditSink, sqliteAuditSink } from '../../src/stores.ts';

const [driver, path = ''] = process.argv.slice(2);
const sink = driver === 'sqlite' ? sqliteAuditSink({ path }) : jsonLinesAuditSink({ path });
const app = createApp({ name: 'demo', version: '1.0.0' })
  .use(audit({ sink, onSinkError: 'fail-call' }))
  .add(defineTool({ name: 'echo', run: () => 'echo' }));

let answered = 0;
async function callOnAndOn(): Promise<void> {
  for (;;) {
    await app.call('echo', {});
    answered += 1;
    if (answered % 100 === 0) process.send?.(answered);
  }
}
for (let caller = 0; caller < 16; caller++) void callOnAndOn();
