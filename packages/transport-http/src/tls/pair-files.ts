import { watch, type FSWatcher } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

import type { Clock, Timer } from '@toolyard/core';

import { CertificateError } from './certificate-error.ts';
import type { TlsFiles, TlsPair } from './options.ts';

/** @throws {CertificateError} `CERTIFICATE_UNUSABLE` where a file cannot be read. */
export async function readPair({ keyFile, certFile, caFile }: TlsFiles): Promise<TlsPair> {
  const [key, cert, ca] = await Promise.all([
    readPem(keyFile),
    readPem(certFile),
    caFile === undefined ? undefined : readPem(caFile),
  ]);
  return { key, cert, ca };
}

/**
 * Runs `look` half a second after something has happened beside the files, and every minute, since not every file
 * system tells. Does not keep the process alive.
 *
 * @returns what ends it.
 */
export function watchFiles(
  { keyFile, certFile, caFile }: TlsFiles,
  clock: Clock,
  look: () => void,
): () => void {
  let soon: Timer | undefined;
  let later: Timer | undefined;
  const lookSoon = () => {
    soon ??= clock.after(SETTLE_MS, () => {
      soon = undefined;
      look();
    });
  };
  const lookLater = () => {
    later = clock.after(INTERVAL_MS, () => {
      lookLater();
      look();
    });
  };
  // Directories, since certbot and Kubernetes replace links, which a watch on the file itself does not see.
  const paths = [keyFile, certFile, caFile].filter((path) => path !== undefined);
  const directories = new Set(paths.map((path) => dirname(resolve(path))));
  const watchers = [...directories].flatMap((directory) => watchDirectory(directory, lookSoon) ?? []);
  lookLater();
  return () => {
    soon?.cancel();
    later?.cancel();
    for (const watcher of watchers) watcher.close();
  };
}

const SETTLE_MS = 500;
const INTERVAL_MS = 60_000;
/** More than any chain or bundle of authorities needs. */
const MAX_PEM_BYTES = 1_048_576;

function watchDirectory(directory: string, onChange: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(directory, { persistent: false }, onChange);
    return watcher.on('error', () => watcher.close());
  } catch {
    // The system has no watch left to give: once a minute will do.
    return undefined;
  }
}

async function readPem(path: string): Promise<Buffer> {
  try {
    const { size } = await stat(path);
    if (size > MAX_PEM_BYTES) throw new CertificateError(`${path} is larger than ${MAX_PEM_BYTES} bytes`);
    return await readFile(path);
  } catch (cause) {
    if (cause instanceof CertificateError) throw cause;
    throw new CertificateError(`${path} cannot be read (${(cause as NodeJS.ErrnoException).code})`, {
      cause,
    });
  }
}
