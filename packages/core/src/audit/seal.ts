import { digest, sha256Now } from '../digest.ts';
import { canonicalJson } from '../protocol/canonical-json.ts';
import type { AuditEntry, AuditRecord, ChainEnd } from './record.ts';

/** Puts an entry at the end of a chain. */
export async function seal(entry: AuditEntry, end: ChainEnd, lost: number): Promise<AuditRecord> {
  const record = follow(entry, end, lost);
  return { ...record, hash: await digest(record) };
}

/** {@link seal} without a wait, where there is `node:crypto`. */
export const sealNow =
  sha256Now &&
  ((entry: AuditEntry, end: ChainEnd, lost: number): AuditRecord => {
    const record = follow(entry, end, lost);
    record.hash = sha256Now!(canonicalJson(record));
    return record;
  });

/** The record without its hash. Fields that do not apply are `undefined`, for sinks that write JSON at once. */
function follow(entry: AuditEntry, end: ChainEnd, lost: number) {
  // Sorting them is what a canonical text costs most, so they are in order from the start.
  return {
    address: entry.address,
    arguments: entry.arguments,
    callId: entry.callId,
    client: entry.client,
    code: entry.code,
    durationMs: entry.durationMs,
    hash: undefined as unknown as string,
    lost: lost > 0 ? lost : undefined,
    method: entry.method,
    outcome: entry.outcome,
    paramsBytes: entry.paramsBytes,
    prevHash: end.hash,
    principal: entry.principal,
    protocolVersion: entry.protocolVersion,
    resultBytes: entry.resultBytes,
    rpcCode: entry.rpcCode,
    seq: end.seq + 1,
    session: entry.session,
    target: entry.target,
    tenant: entry.tenant,
    time: entry.time,
    transport: entry.transport,
  } satisfies { -readonly [Field in keyof AuditRecord]-?: AuditRecord[Field] };
}
