import { digest } from '../digest.ts';
import type { AuditRecord, ChainEnd } from './record.ts';

/** `prevHash` of the first record of a chain. */
export const GENESIS = '0'.repeat(64);

export const EMPTY_CHAIN: ChainEnd = { seq: 0, hash: GENESIS };

/** What {@link verifyAuditChain} found. */
export type AuditVerdict =
  | {
      readonly ok: true;
      readonly count: number;
      /** Hash of the last record: keep it elsewhere, and nobody can rewrite what leads up to it. */
      readonly hash: string;
      /** How many records the chain itself says were lost. */
      readonly lost: number;
    }
  | {
      readonly ok: false;
      /** Index of the record at which the chain breaks. */
      readonly index: number;
      readonly problem: 'changed' | 'missing';
    };

/** Options of {@link verifyAuditChain}. */
export interface VerifyOptions {
  /**
   * Hash of the record before the first one, for a chain whose beginning was archived; `any` to believe what the
   * first record says. Default: the chain has to be whole from its first record on.
   */
  readonly from?: string | undefined;
}

/**
 * Checks that audit records are unchanged, complete and in order.
 *
 * A chain proves that nothing in the middle was changed or taken away. Whoever can write all of it can also compute it
 * anew, and cut its end: compare `hash` and `count` with what you noted elsewhere.
 *
 * @returns `changed` when a record does not have the hash it claims, `missing` when it does not follow the one before.
 *
 * @example
 * ```ts
 * import { verifyAuditChain } from '@toolyard/core/middleware';
 * import { jsonLinesAuditSink } from '@toolyard/core/stores';
 *
 * const verdict = await verifyAuditChain(jsonLinesAuditSink({ path: 'audit.jsonl' }).records());
 * if (!verdict.ok) throw new Error(`Record ${verdict.index} is ${verdict.problem}.`);
 * ```
 */
export async function verifyAuditChain(
  records: Iterable<AuditRecord> | AsyncIterable<AuditRecord>,
  options: VerifyOptions = {},
): Promise<AuditVerdict> {
  const { from = GENESIS } = options;
  let hash = from;
  let seq: number | undefined = from === GENESIS ? 0 : undefined;
  let count = 0;
  let lost = 0;
  for await (const record of records) {
    const { hash: claimed, ...rest } = record;
    const follows =
      (record.prevHash === hash || (count === 0 && from === 'any')) &&
      (seq === undefined || record.seq === seq + 1);
    if (!follows) return { ok: false, index: count, problem: 'missing' };
    if ((await digest(rest)) !== claimed) return { ok: false, index: count, problem: 'changed' };
    hash = claimed;
    seq = record.seq;
    count += 1;
    lost += record.lost ?? 0;
  }
  return { ok: true, count, hash, lost };
}
