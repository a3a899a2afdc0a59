import { hash } from 'node:crypto';
import { systemClock, type Clock, type Logger } from '@toolyard/core';
import type { AuditRecord, ChainEnd } from '@toolyard/core/middleware';
import { canonicalJson } from '@toolyard/core/protocol';
import { jsonLinesAuditSink } from '@toolyard/core/stores';

/** What `openChainedFile` needs. */
export interface ChainedFileOptions {
  /** In a directory that exists. Belongs to one process. */
  readonly path: string;
  readonly logger: Logger;
  /** Bytes after which a new file is begun. Default: 16 MiB. */
  readonly maxBytes?: number | undefined;
  /** Full files that are kept beside it. Default: 4. */
  readonly maxFiles?: number | undefined;
  /** Lines that may wait for the disk; those that come then are lost. Default: 2,000. */
  readonly maxQueue?: number | undefined;
  readonly clock?: Clock | undefined;
}

/** What one line says. Plain JSON; fields that are `undefined` are left out. */
type ChainedLine = Readonly<Record<string, unknown>>;

/** Lines of JSON in a file that only grows, each with the hash of the one before. */
export interface ChainedFile {
  /** Adds a line. Never throws and never waits: a failure is logged, and the next line that is kept counts what was lost. */
  add(line: ChainedLine): void;
  /** Resolves when what was added is written or has failed, at the latest after 2 seconds. */
  flush(): Promise<void>;
  /** Flushes, waits for the disk, and takes no more lines. */
  close(): Promise<void>;
}

const FLUSH_LIMIT_MS = 2_000;
/** The lines of so long are written together: opening the file for each costs as much as a tenth of a program. */
const GATHER_MS = 25;
/** Lines in one write: how long the process is busy with them is bounded. */
const MAX_BATCH = 200;

/**
 * Opens a log of JSON lines: mode 0600, only ever appended to, rotated, repaired after a crash. The lines form a hash
 * chain through all files and restarts, which `verifyAuditChain` checks.
 *
 * @throws {ToolyardError} `AUDIT_LOG_DAMAGED` when the file is something else.
 * @throws the error of the system when it cannot be opened.
 */
export async function openChainedFile(options: ChainedFileOptions): Promise<ChainedFile> {
  const { path, logger, maxBytes = 16 * 1024 * 1024, maxFiles = 4, maxQueue = 2_000 } = options;
  const { clock = systemClock } = options;
  const sink = jsonLinesAuditSink({ path, maxBytes, maxFiles });
  await sink.last();
  const queue: ChainedLine[] = [];
  let gathering: NodeJS.Timeout | undefined;
  let draining: Promise<void> | undefined;
  let closing: Promise<void> | undefined;
  let lost = 0;
  let isFailing = false;

  function begin(): void {
    clearTimeout(gathering);
    gathering = undefined;
    draining ??= drain();
  }

  async function drain(): Promise<void> {
    while (queue.length > 0) await writeSome();
    draining = undefined;
  }

  async function writeSome(): Promise<void> {
    const batch = Math.min(queue.length, MAX_BATCH);
    const missing = lost;
    let taken = 0;
    try {
      const kept = await sink.extend((end) => {
        const line = taken === batch ? undefined : queue[taken];
        return line && recordOf(line, end, taken++ === 0 ? missing : 0);
      });
      queue.splice(0, kept);
      lost -= missing;
      isFailing = false;
    } catch (err) {
      lose(queue.splice(0, taken || batch).length, err);
    }
  }

  // Once for a row of failures: a full disk is no reason to fill the log of the server as well.
  function lose(count: number, err?: unknown): void {
    lost += count;
    if (!isFailing) logger.error({ err, path, lost }, 'Lines of a log are lost.');
    isFailing = true;
  }

  async function flush(): Promise<void> {
    if (gathering) begin();
    if (!draining) return;
    const limit = Promise.withResolvers<void>();
    const timer = clock.after(FLUSH_LIMIT_MS, () => limit.resolve());
    await Promise.race([draining, limit.promise]);
    timer.cancel();
  }

  async function finish(): Promise<void> {
    await flush();
    if (queue.length > 0) logger.error({ path, lost: queue.length }, 'The end of a log was not written.');
    await sink.close().catch((err: unknown) => logger.error({ err, path }, 'A log was not closed.'));
  }

  return {
    add(line) {
      if (closing) return;
      if (queue.length >= maxQueue) return lose(1, new Error(`${maxQueue} lines wait for the disk.`));
      queue.push(line);
      if (!draining) gathering ??= setTimeout(begin, GATHER_MS);
    },
    flush,
    close: () => (closing ??= finish()),
  };
}

// The sink looks at the place in the chain and at nothing else; verifyAuditChain takes all other fields as they come.
function recordOf(line: ChainedLine, { seq, hash: prevHash }: ChainEnd, lost: number): AuditRecord {
  const record = { ...line, seq: seq + 1, prevHash, ...(lost > 0 && { lost }) };
  return { ...record, hash: hash('sha256', canonicalJson(record)) } as unknown as AuditRecord;
}
