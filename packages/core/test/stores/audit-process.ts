// Writes audit records until its parent ends it with SIGKILL.
import { Trail } from '../../src/audit/trail.ts';
import { jsonLinesAuditSink } from '../../src/stores/audit-json-lines.ts';
import type { AuditEntry } from '../../src/audit/record.ts';

const trail = new Trail({ sink: jsonLinesAuditSink({ path: process.argv[2]! }), maxQueue: 10 });
for (let count = 1; ; count++) {
  await trail.append({ callId: String(count), principal: { id: 'ann' } } as AuditEntry);
  if (count === 500) process.send?.(count);
}
