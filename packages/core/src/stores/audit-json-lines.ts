import { EMPTY_CHAIN, GENESIS } from '../audit/chain.ts';
import type { AuditRecord, ChainEnd } from '../audit/record.ts';
import { InvalidOptionError, ToolyardError } from '../errors.ts';
import { isRecord } from '../protocol/json-rpc.ts';
import { chainMoved, logClosed, type AuditLog } from './audit-log.ts';
import { createAuditFiles, type AuditFile } from './audit-files.ts';

/** Options of {@link jsonLinesAuditSink}. */
export interface JsonLinesAuditOptions {
  /** A file in a directory that exists; readable and writable for the current user alone. */
  readonly path: string;
  /** Waits for the disk before records count as kept: a power failure costs none of them. Default: false. */
  readonly fsync?: boolean | undefined;
  /**
   * Bytes after which a new file is begun. The full one is kept beside it as `{path}.{number of its last record}`.
   * Default: 64 MiB.
   */
  readonly maxBytes?: number | undefined;
  /** Full files to keep; beyond that, the oldest are deleted. Default: all are kept. */
  readonly maxFiles?: number | undefined;
}

/**
 * Keeps audit records in a file, one line of JSON each. The chain runs on through full files and restarts.
 *
 * The file belongs to **one process**. Records outlive it, `kill -9` included; without `fsync`, a power failure may
 * cost the last. A line that was cut off by a crash is removed at the next start.
 *
 * @throws {InvalidOptionError} `INVALID_OPTION`
 *
 * @example
 * ```ts
 * import { createApp } from '@toolyard/core';
 * import { audit } from '@toolyard/core/middleware';
 * import { jsonLinesAuditSink } from '@toolyard/core/stores';
 *
 * const trail = audit({ sink: jsonLinesAuditSink({ path: '/var/log/demo-audit.jsonl', fsync: true }) });
 * const app = createApp({ name: 'demo', version: '1.0.0' }).use(trail);
 * app.onClose(() => trail.close());
 * ```
 */
export function jsonLinesAuditSink(options: JsonLinesAuditOptions): AuditLog {
  const { path, fsync = false, maxBytes = 64 * 1024 * 1024, maxFiles = Infinity } = options;
  if (typeof path !== 'string' || path === '') throw new InvalidOptionError('path', 'must not be empty');
  if (!(maxBytes > 0)) throw new InvalidOptionError('maxBytes', 'must be above 0');
  if (!(maxFiles >= 0)) throw new InvalidOptionError('maxFiles', 'must not be negative');
  const files = createAuditFiles(path);
  let opening: Promise<AuditFile> | undefined;
  let end: AuditRecord | undefined;
  let closed = false;

  function open(): Promise<AuditFile> {
    if (closed) return Promise.reject(logClosed());
    opening ??= openAtEnd().catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    return opening;
  }

  async function openAtEnd(): Promise<AuditFile> {
    const file = await files.open();
    try {
      end = parseLast((await file.lastLine()) ?? (await files.lastLineOfFull()), path);
      return file;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** The next use opens the file anew and looks where the chain ends. */
  async function letGo(file: AuditFile): Promise<void> {
    opening = undefined;
    await file.close().catch(() => {});
  }

  async function rotate(full: AuditFile, lastSeq: number): Promise<AuditFile> {
    await letGo(full);
    await files.archive(lastSeq, maxFiles);
    return open();
  }

  /** Records that go into one file, in one write. */
  async function keep(file: AuditFile, next: (end: ChainEnd) => AuditRecord | undefined): Promise<number> {
    let [target, newest, lines, bytes, kept] = [file, end, '', 0, 0];
    for (let record = next(newest ?? EMPTY_CHAIN); record; record = next(record)) {
      const line = `${JSON.stringify(record)}\n`;
      const lineBytes = Buffer.byteLength(line);
      const isFull = target.size + bytes + lineBytes > maxBytes;
      // The others go into the next file, when they come again.
      if (isFull && kept > 0) break;
      if (isFull && newest && target.size > 0) target = await rotate(target, newest.seq);
      lines += line;
      bytes += lineBytes;
      newest = record;
      kept += 1;
    }
    try {
      await target.append(Buffer.from(lines), fsync);
    } catch (error) {
      await letGo(target);
      throw error;
    }
    end = newest;
    return kept;
  }

  return {
    async append(record) {
      const file = await open();
      if ((end?.hash ?? GENESIS) !== record.prevHash || (await file.hasChanged())) {
        await letGo(file);
        throw chainMoved();
      }
      const records = [record];
      await keep(file, () => records.shift());
    },
    async extend(next) {
      let file = await open();
      if (await file.hasChanged()) {
        await letGo(file);
        file = await open();
      }
      return keep(file, next);
    },
    async last() {
      await open();
      return end;
    },
    async *records() {
      for await (const line of files.lines()) {
        const record = parseRecord(line);
        if (!record) throw damaged(path);
        yield record;
      }
    },
    async flush() {
      await (await opening)?.sync();
    },
    async close() {
      const file = await opening;
      closed = true;
      opening = undefined;
      await file?.sync();
      await file?.close();
    },
  };
}

function parseLast(line: string | undefined, path: string): AuditRecord | undefined {
  if (line === undefined) return undefined;
  const record = parseRecord(line);
  if (!record) throw damaged(path);
  return record;
}

function parseRecord(line: string): AuditRecord | undefined {
  try {
    const value: unknown = JSON.parse(line);
    const isOurs = isRecord(value) && typeof value['hash'] === 'string' && typeof value['seq'] === 'number';
    return isOurs ? (value as unknown as AuditRecord) : undefined;
  } catch {
    return undefined;
  }
}

function damaged(path: string): ToolyardError {
  return new ToolyardError(
    'AUDIT_LOG_DAMAGED',
    `"${path}" holds a line that is no audit record. Move it away to start anew.`,
  );
}
