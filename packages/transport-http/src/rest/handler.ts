import { InvalidOptionError, type App } from '@toolyard/core';

import { besideHandler } from '../beside/handler.ts';
import type { Beside, BesideHandler } from '../beside/beside.ts';
import { sharedOf } from '../connection/http-part.ts';
import { Front, type FrontOptions } from '../beside/front.ts';
import type { BatchOptions } from './batch.ts';
import { settingsOfDocument, type DocumentOptions } from './openapi/options.ts';
import { RestRouter } from './router.ts';

/** Options of {@link createRestHandler}. */
export interface RestOptions extends FrontOptions {
  /** In front of all paths: `/api` serves `/api/tools`. Default none. */
  readonly path?: string;
  /** Largest request body. Default 4 MiB. */
  readonly maxBodyBytes?: number;
  readonly batch?: BatchOptions;
  /** What the OpenAPI document says beyond the tools. */
  readonly openapi?: DocumentOptions;
  /** Whether `GET /docs` answers with a page to read. Default `true`. */
  readonly docs?: boolean;
}

/**
 * Serves an app's tools as REST, through the same pipeline as MCP: what a caller may see, call and how often is the
 * same. Opens nothing by itself.
 *
 * - `POST /tools/{name}`: the body holds the arguments; the answer is the structured content, or `{ content }` of a tool
 *   that has none. With `Accept: text/event-stream`, events: `progress`, then `result` or `error`.
 * - `POST /tools:batch`: an array of `{ name, arguments }`; the answer is an array of `{ status, body }`.
 * - `POST /tools/{name}:continue`: `{ arguments, inputResponses, requestState }`, after 409 `INPUT_REQUIRED`.
 * - `GET /tools` (`?cursor=`), `GET /tools/{name}`, `GET /openapi.json`, `GET /docs`.
 *
 * Failures are `application/problem+json` with a `code`: 400 arguments (`errors` names the fields), 403, 404, 409, 413,
 * 415, 422 for what a tool fails with, 429 and 503 with `Retry-After`, 500 with an `incident`, 504. `Idempotency-Key`
 * is passed on to core's `idempotency`, and does nothing without it.
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http';
 * import { createApp } from '@toolyard/core';
 * import { createRestHandler } from '@toolyard/transport-http/rest';
 *
 * const rest = createRestHandler(createApp({ name: 'demo', version: '1.0.0' }));
 * createServer(rest.node).listen(3000, '127.0.0.1');
 * ```
 *
 * @throws {InvalidOptionError} `INVALID_OPTION`
 */
export function createRestHandler(app: App<any, any>, options: RestOptions = {}): BesideHandler {
  const { path = '', maxBodyBytes = 4 * 1_048_576, batch = {}, docs = true } = options;
  if (path !== '' && !/^(?:\/[\w.~-]+)+$/.test(path))
    throw new InvalidOptionError('path', 'must be empty, or start with "/" and not end with it');
  if (!(maxBodyBytes > 0)) throw new InvalidOptionError('maxBodyBytes', 'must be above 0');
  atLeastOne('batch.maxCalls', batch.maxCalls);
  atLeastOne('batch.concurrency', batch.concurrency);
  const front = new Front(
    {
      clock: app.clock,
      logger: app.logger,
      methods: 'GET, POST, OPTIONS',
      requestHeaders: ['Idempotency-Key', 'traceparent', 'tracestate', 'baggage'],
    },
    options,
  );
  const router = new RestRouter(
    { app, open: front.open, path },
    { maxBodyBytes, batch, document: settingsOfDocument(options) },
  );
  const own = ['/tools', '/tools/*', '/tools:batch', '/openapi.json', ...(docs ? ['/docs'] : [])];
  return besideHandler(
    front,
    own.map((each) => path + each),
    (visit) => router.serve(visit),
  );
}

/**
 * {@link createRestHandler} for a server to add, with that server's guards, `auth` and `tenant`.
 *
 * @throws {InvalidOptionError} `INVALID_OPTION`
 */
export function rest(options: RestOptions = {}): Beside {
  return (app, shared) => createRestHandler(app, { ...sharedOf(shared), ...options });
}

function atLeastOne(option: string, value: number | undefined): void {
  if (value !== undefined && !(Number.isSafeInteger(value) && value > 0))
    throw new InvalidOptionError(option, 'must be a whole number above 0');
}
