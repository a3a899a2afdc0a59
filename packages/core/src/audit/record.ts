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

export interface AuditPrincipal {
  readonly id: string;
  readonly issuer?: string | undefined;
  readonly clientId?: string | undefined;
}

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

/**
 * Where audit records go.
 *
 * `append` is called with one record at a time, in the order of the chain, and again only when it has settled. When it
 * resolves, the record is kept; when it rejects, it is not. A sink that several processes write to rejects with the
 * code `AUDIT_CHAIN_MOVED` when `prevHash` is no longer the last hash it holds; the record comes again, chained anew.
 */
export interface AuditSink {
  append(record: AuditRecord): void | Promise<void>;
  /** The record the chain goes on from. Without it, each start begins a new chain. */
  last?(): Promise<AuditRecord | undefined>;
  /** Resolves when what was appended is as safe as the sink can make it. */
  flush?(): Promise<void>;
  close?(): Promise<void>;
}
