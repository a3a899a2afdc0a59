import type { CallOutcome } from '../app/outcome.ts';

/** One request, as it is written down. Plain JSON; fields that do not apply are absent. */
export interface AuditRecord {
  /** Counts up from 1 in each chain. */
  readonly seq: number;
  /** When the request arrived: ISO 8601, UTC. */
  readonly time: string;
  readonly callId: string;
  readonly principal: AuditPrincipal;
  readonly tenant?: string | undefined;
  readonly session?: string | undefined;
  readonly transport: string;
  readonly protocolVersion: string;
  /** What the client says it is. */
  readonly client?: { readonly name: string; readonly version: string } | undefined;
  /** Where the request came from, if the transport knows. */
  readonly address?: string | undefined;
  readonly method: string;
  /** What it was aimed at, also where there is no such thing. */
  readonly target?: AuditTarget | undefined;
  readonly outcome: CallOutcome;
  /** The stable code of the error: `ACCESS_DENIED`, `TIMEOUT`, … */
  readonly code?: string | undefined;
  /** The code of the JSON-RPC error. */
  readonly rpcCode?: number | undefined;
  readonly durationMs: number;
  /** About how many bytes of JSON came in as `params` and went out as `result`. */
  readonly paramsBytes: number;
  readonly resultBytes: number;
  /** Names and types of the arguments; no values. */
  readonly arguments?: ArgumentShape | undefined;
  /** Records that were lost before this one, because the sink failed or was too slow. */
  readonly lost?: number | undefined;
  /** `hash` of the record before, or 64 zeros. */
  readonly prevHash: string;
  /** SHA-256, in hex, over the canonical JSON of all other fields. */
  readonly hash: string;
}

/** Who asked. Scopes, roles and claims are left out. */
export interface AuditPrincipal {
  readonly id: string;
  readonly issuer?: string | undefined;
  readonly clientId?: string | undefined;
}

/** What a request was aimed at. */
export interface AuditTarget {
  readonly kind: 'tool' | 'prompt' | 'resource';
  readonly name: string;
  /** `false` where it is unknown to the server: the name is the client's own. */
  readonly known: boolean;
}

/** The type of a value; for objects and arrays, of what is in them. */
export type ArgumentShape = string | readonly ArgumentShape[] | { readonly [name: string]: ArgumentShape };

/** What is known of a request before its place in the chain. */
export type AuditEntry = Omit<AuditRecord, 'seq' | 'lost' | 'prevHash' | 'hash'>;

/** The end of a chain: what the next record refers to. Sequence 0 and 64 zeros where there is none yet. */
export interface ChainEnd {
  readonly seq: number;
  readonly hash: string;
}

/**
 * Where audit records go.
 *
 * Records come one at a time, in the order of the chain; the next one only when the last has settled. When `append`
 * resolves, the record is kept; when it rejects, it is not. A rejection with the code `AUDIT_CHAIN_MOVED` says that
 * the chain does not end where it did: the record comes again, after what `last` gives then.
 *
 * Where there is `extend`, and `node:crypto` to hash with, it is used instead.
 */
export interface AuditSink {
  append(record: AuditRecord): void | Promise<void>;
  /** The record the chain goes on from, asked for at the start and after a failure. Without it, each start begins anew. */
  last?(): Promise<AuditRecord | undefined>;
  /**
   * For sinks that several processes write to, or that keep many records as cheaply as one: keeps what `next` makes of
   * the end of the chain, then what it makes of that record, and so on until it gives `undefined` or the sink has
   * enough; all in one step with finding the end.
   *
   * @returns how many of them are kept, from the first on: at least one. It rejects when none is.
   */
  extend?(next: (end: ChainEnd) => AuditRecord | undefined): Promise<number>;
  /** Resolves when what was appended is as safe as the sink can make it. */
  flush?(): Promise<void>;
  close?(): Promise<void>;
}
