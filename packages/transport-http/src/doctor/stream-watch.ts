import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { constants, createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';

import type { HttpHeaders } from '../endpoint/message.ts';
import { headOf, noAnswer, plainHeaders, start, type ProbeLimits, type ProbeRequest } from './http.ts';

/** What to wait for on a stream. */
export interface WatchOptions {
  /** How long to wait for the first byte of the body. */
  readonly firstByteMs: number;
  /** How long to watch after that; 0 hangs up at the first byte. */
  readonly watchMs: number;
}

/** What a stream did while it was watched. */
export interface Watched {
  /** `undefined` when no head came in time. */
  readonly head:
    { readonly status: number; readonly headers: HttpHeaders; readonly httpVersion: string } | undefined;
  readonly headMs: number | undefined;
  /** From the request to the first byte of the body, decompressed. */
  readonly firstByteMs: number | undefined;
  readonly bytes: number;
  /** How often something came: more than once, if the beginning was not all. */
  readonly arrivals: number;
  readonly longestSilenceMs: number;
  /** Who ended it: `watcher` when it was still open at the end. */
  readonly endedBy: 'watcher' | 'server';
  readonly openMs: number;
  /** The first bytes, where the answer is no stream or to see what they are. */
  readonly beginning: string;
}

const BEGINNING_CHARACTERS = 2000;
const TOGETHER_MS = 30;

/**
 * Opens a stream, as a browser would (it offers to take it compressed), and reports what comes and when.
 *
 * @throws {NoAnswerError} `NO_ANSWER` when no connection comes about.
 */
export async function watchStream(
  asked: ProbeRequest,
  { firstByteMs, watchMs }: WatchOptions,
  { clock, signal, ca }: ProbeLimits,
): Promise<Watched> {
  const done = new AbortController();
  const startedAt = clock.monotonic();
  const elapsed = () => clock.monotonic() - startedAt;
  const headers = { ...asked.headers, 'accept-encoding': 'gzip, deflate, br' };
  const request = start({ ...asked, headers }, ca, AbortSignal.any([signal, done.signal]));
  const seen = {
    head: undefined as Watched['head'],
    headMs: undefined as number | undefined,
    firstByteMs: undefined as number | undefined,
    bytes: 0,
    arrivals: 0,
    longestSilenceMs: 0,
    endedBy: 'server' as Watched['endedBy'],
    beginning: '',
  };
  const hangUp = () => {
    seen.endedBy = 'watcher';
    done.abort();
  };
  let timer = clock.after(firstByteMs, hangUp);
  let lastAt = 0;
  try {
    const response = await headOf(request);
    seen.head = {
      status: response.statusCode ?? 0,
      headers: plainHeaders(response),
      httpVersion: response.httpVersion,
    };
    seen.headMs = lastAt = elapsed();
    for await (const chunk of decoded(response) as AsyncIterable<Buffer>) {
      const now = elapsed();
      if (seen.firstByteMs === undefined) {
        seen.firstByteMs = now;
        timer.cancel();
        timer = clock.after(watchMs, hangUp);
      }
      seen.bytes += chunk.length;
      // What comes together with the first byte belongs to the beginning.
      if (seen.arrivals === 0 || now - lastAt > TOGETHER_MS) seen.arrivals += 1;
      seen.longestSilenceMs = Math.max(seen.longestSilenceMs, now - lastAt);
      lastAt = now;
      if (seen.beginning.length < BEGINNING_CHARACTERS) seen.beginning += chunk.toString();
      if (watchMs === 0) hangUp();
    }
  } catch (error) {
    signal.throwIfAborted();
    if (seen.endedBy === 'server' && !seen.head) throw noAnswer(error);
  } finally {
    timer.cancel();
    request.destroy();
  }
  const openMs = elapsed();
  return { ...seen, longestSilenceMs: Math.max(seen.longestSilenceMs, openMs - lastAt), openMs };
}

/** The body without its content coding. */
function decoded(response: IncomingMessage): Readable {
  const decoder = decoderFor(response.headers['content-encoding']);
  if (!decoder) return response;
  response.on('error', (error) => decoder.destroy(error));
  return response.pipe(decoder);
}

function decoderFor(coding: string | undefined) {
  switch (coding) {
    case 'gzip':
      return createGunzip({ flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH });
    case 'deflate':
      return createInflate({ flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH });
    case 'br':
      return createBrotliDecompress({
        flush: constants.BROTLI_OPERATION_FLUSH,
        finishFlush: constants.BROTLI_OPERATION_FLUSH,
      });
    default:
      return undefined;
  }
}
