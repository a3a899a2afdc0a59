import { type Clock, type Logger } from '@toolyard/core';
import type { DecidedCommand, ProcessSupervisor, Redactor, Terminals } from '@toolyard/core/process';
/** What `openCommandLog` needs. */
export interface CommandLogOptions {
  /** In a directory that exists. Belongs to one process. */
  readonly file: string;
  readonly logger: Logger;
  /** Masks secrets in arguments. */
  readonly redactor: Redactor;
  /** Bytes after which a new file is begun; four full ones are kept. Default: 16 MiB. */
  readonly maxBytes?: number | undefined;
  readonly clock?: Clock | undefined;
}
/** One line for each decision about a command, each start and each end. */
export interface CommandLog extends AsyncDisposable {
  /** For `onDecision`. */
  decided(this: void, decided: DecidedCommand): void;
  /** @returns stops listening. */
  watch(supervisor: Pick<ProcessSupervisor, 'on'>): () => void;
  /** @returns stops listening. */
  watchTerminals(terminals: Pick<Terminals, 'on'>): () => void;
  /** Resolves when all lines so far are written or have failed, at the latest after 2 seconds. */
  flush(): Promise<void>;
  /** Flushes, stops listening, and takes no more. */
  close(): Promise<void>;
}
/**
 * Opens the log of what was asked for, what was decided and what ran. JSON lines in a hash chain, see `verifyAuditChain`.
 *
 * - `decided`: owner, effect, rule, answer, command, directory
 * - `started`: owner, id, command, directory
 * - `exited`: owner, id, how and after how long, bytes of output
 *
 * Of arguments, what looks like a secret is masked; input, output and variables are never in it. Lines that cannot be
 * written are reported to `logger`.
 *
 * @throws {ToolyardError} `AUDIT_LOG_DAMAGED` when the file is something else.
 * @throws the error of the system when it cannot be opened.
 */
export declare function openCommandLog(options: CommandLogOptions): Promise<CommandLog>;
//# sourceMappingURL=command-log.d.ts.map
