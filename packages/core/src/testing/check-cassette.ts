import type { Dispatcher } from '../dispatcher.ts';
import { CancelledError, ToolError } from '../errors.ts';
import type { Exchange, Session } from '../exchange.ts';
import { MemorySession } from '../memory-session.ts';
import { local, type Principal } from '../principal.ts';
import { canonicalJson } from '../protocol/canonical-json.ts';
import { isRecord, type JsonRpcResponse } from '../protocol/json-rpc.ts';
import type { JsonObject, ServerRequest } from '../protocol/messages.ts';
import { parseCassette, type CassetteEntry, type CassetteEvent, type Redact } from './cassette.ts';
import { overWire } from './wire.ts';

/** Options of {@link checkCassette}. */
export interface CheckCassetteOptions {
  /** The one the cassette was recorded with. It is applied to both sides, so use it for what differs on every run. */
  readonly redact?: Redact;
  /** Default: `local`. */
  readonly as?: Principal;
  readonly tenant?: string;
}

/** A message to which the app says something else than was recorded. */
export interface CassetteDifference {
  readonly message: JsonObject;
  readonly recorded: Pick<CassetteEntry, 'events' | 'response'>;
  readonly actual: Pick<CassetteEntry, 'events' | 'response'>;
}

/**
 * Sends the messages of a cassette to an app, one after the other, and compares what it says, for tests of servers.
 * Requests without a recorded answer, such as streams of changes, are left out.
 *
 * @returns the differences; none when the app behaves as recorded.
 * @throws {ToolyardError} `BAD_CASSETTE`
 *
 * @example
 * ```ts
 * import { createApp } from '@toolyard/core';
 * import { checkCassette } from '@toolyard/core/testing';
 * import { readFile } from 'node:fs/promises';
 *
 * const app = createApp({ name: 'demo', version: '1.0.0' });
 * const differences = await checkCassette(app, await readFile('test/demo.jsonl', 'utf8'));
 * ```
 */
export async function checkCassette(
  app: Dispatcher,
  cassette: string | readonly CassetteEntry[],
  { redact, as = local, tenant }: CheckCassetteOptions = {},
): Promise<CassetteDifference[]> {
  const gone = new AbortController();
  const scope = crypto.randomUUID();
  const sessions = new Map<number, MemorySession>();
  /** States are sealed anew on every run: the recorded one stands for the one the app has given now. */
  const states = new Map<unknown, unknown>();
  const differences: CassetteDifference[] = [];

  for (const { era, session: number, message, events, response } of typeof cassette === 'string'
    ? parseCassette(cassette)
    : cassette) {
    if ('id' in message && response === null) continue;
    const actual: CassetteEvent[] = [];
    const asked = events.filter((event) => 'request' in event);
    const exchange: Exchange = {
      transport: 'memory',
      era,
      principal: as,
      tenant,
      scope,
      signal: gone.signal,
      notify: (notification) => void actual.push(overWire({ notification }, redact)),
      ...(number !== undefined && { session: sessionOf(number) }),
      ...(era === 'legacy' && {
        async request(request: ServerRequest) {
          const { answer, error } = asked.shift() ?? {
            error: 'It was not asked when the cassette was recorded.',
          };
          actual.push(overWire({ request, ...(answer ? { answer } : { error: error ?? '' }) }, redact));
          if (answer) return answer;
          throw new ToolError('CLIENT_ERROR', error ?? '');
        },
      }),
    };
    const answer = (await app.dispatch(withState(message), exchange)) ?? null;
    const heard = { events: actual, response: answer && overWire<JsonRpcResponse>(answer, redact) };
    const expected = { events, response };
    if (canonicalJson(heard) !== canonicalJson(withSameState(expected, heard))) {
      differences.push({ message, recorded: expected, actual: heard });
    }
  }
  gone.abort(new CancelledError('The cassette is over.'));
  for (const { id, record } of sessions.values()) if (record) app.endSession(id);
  return differences;

  function sessionOf(number: number): Session {
    if (!sessions.has(number)) sessions.set(number, new MemorySession());
    return sessions.get(number)!;
  }

  function withState(message: JsonObject): JsonObject {
    const params = message['params'];
    if (!isRecord(params) || !states.has(params['requestState'])) return message;
    return { ...message, params: { ...params, requestState: states.get(params['requestState']) } };
  }

  function withSameState(
    expected: Pick<CassetteEntry, 'events' | 'response'>,
    heard: Pick<CassetteEntry, 'response'>,
  ) {
    const recordedState = stateOf(expected.response);
    const state = stateOf(heard.response);
    if (recordedState === undefined || state === undefined) return expected;
    states.set(recordedState, state);
    const { result } = expected.response as { result: JsonObject };
    return { ...expected, response: { ...expected.response, result: { ...result, requestState: state } } };
  }
}

function stateOf(response: JsonRpcResponse | null): unknown {
  return response && 'result' in response ? response.result['requestState'] : undefined;
}
