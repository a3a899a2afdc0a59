import { createHash } from 'node:crypto';
import type { Server } from 'node:tls';

import { InvalidOptionError, type Clock, type Logger } from '@toolyard/core';

import { CertificateError } from './certificate-error.ts';
import type { TlsFiles, TlsOptions, TlsPair } from './options.ts';
import { readPair, watchFiles } from './pair-files.ts';
import { checkContext, checkTlsOptions, untimely, type CheckedContext } from './secure-context.ts';

/** The certificate of a server, and what may take its place while the server runs. */
export class ServedCertificate {
  readonly #options: TlsOptions;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #current: CheckedContext;
  #server: Server | undefined;
  /** Digest of what was in the files when they were last served from; another one means that they have changed. */
  #lastServed: string | undefined;
  /** Why files were refused when they were last looked at. */
  #lastProblem: string | undefined;
  #isLookDue = false;
  #stopWatching: (() => void) | undefined;
  /** One change after the other, so that the one asked for last is the one that stays. */
  #changes: Promise<void> = Promise.resolve();

  /**
   * @throws {InvalidOptionError} `INVALID_OPTION`
   * @throws {CertificateError} `CERTIFICATE_UNUSABLE`
   */
  static async load(options: TlsOptions, clock: Clock, logger: Logger): Promise<ServedCertificate> {
    checkTlsOptions(options);
    const pair = isInFiles(options) ? await readPair(options) : options;
    const certificate = new ServedCertificate(options, pair, clock, logger);
    if (isInFiles(options)) certificate.#lastServed = digestOf(pair);
    return certificate;
  }

  private constructor(options: TlsOptions, pair: TlsPair, clock: Clock, logger: Logger) {
    this.#options = options;
    this.#clock = clock;
    this.#logger = logger;
    this.#current = checkContext(pair, options);
    const problem = untimely(this.#current.facts, clock.now());
    // Served nevertheless: a restart must not make an outage of what a renewal of the files would mend.
    if (problem !== undefined)
      logger.error({ ...this.#current.facts }, `Clients refuse the certificate: ${problem}.`);
  }

  get context(): CheckedContext['context'] {
    return this.#current.context;
  }

  /** From now on changes reach `server`, and files are watched. */
  attach(server: Server): void {
    this.#server = server;
    if (isInFiles(this.#options))
      this.#stopWatching = watchFiles(this.#options, this.#clock, () => this.#look());
  }

  /** @throws {CertificateError} `CERTIFICATE_UNUSABLE`; then the old one stays. */
  reload(pair?: TlsPair): Promise<void> {
    return this.#inTurn(async () => {
      if (pair) return this.#serve(pair);
      if (!isInFiles(this.#options))
        throw new InvalidOptionError(
          'reload',
          'needs a pair: this server has no keyFile and certFile to read again',
        );
      this.#serveRead(await readPair(this.#options));
    });
  }

  stop(): void {
    this.#stopWatching?.();
    this.#server = undefined;
  }

  /** Once a minute and more often: looks do not pile up where a file system hangs, nor does the same line in the log. */
  #look(): void {
    if (this.#isLookDue) return;
    this.#isLookDue = true;
    void this.#inTurn(() => this.#serveChanged(this.#options as TlsFiles)).catch((err: Error) => {
      if (err.message === this.#lastProblem) return;
      this.#lastProblem = err.message;
      this.#logger.error({ err }, 'A new certificate is not served; the old one stays.');
    });
  }

  async #serveChanged(files: TlsFiles): Promise<void> {
    this.#isLookDue = false;
    const read = await readPair(files);
    // What was refused is tried again: it may have come a moment before it is valid.
    if (digestOf(read) !== this.#lastServed) this.#serveRead(read);
  }

  #serveRead(read: TlsPair): void {
    this.#serve(read);
    this.#lastServed = digestOf(read);
    this.#lastProblem = undefined;
  }

  #serve(pair: TlsPair): void {
    const next = checkContext(pair, this.#options);
    const problem = untimely(next.facts, this.#clock.now());
    if (problem !== undefined) throw new CertificateError(problem);
    this.#current = next;
    this.#server?.setSecureContext(next.context);
    this.#logger.info({ ...next.facts }, 'Another certificate is served from now on.');
  }

  #inTurn(change: () => Promise<void>): Promise<void> {
    const turn = this.#changes.then(change);
    this.#changes = turn.catch(() => {});
    return turn;
  }
}

function isInFiles(options: TlsOptions): options is TlsOptions & TlsFiles {
  return options.keyFile !== undefined;
}

function digestOf({ key, cert, ca = '' }: TlsPair): string {
  const hash = createHash('sha256');
  for (const part of [key, cert, ca]) hash.update(createHash('sha256').update(part).digest());
  return hash.digest('hex');
}
