import { stateOf } from '../../app/call-state.ts';
import type { AppCore } from '../../app/core.ts';
import type { Middleware } from '../../call.ts';
import { InvalidOptionError } from '../../errors.ts';
import { redactor, type RedactOptions } from '../../redaction/redactor.ts';
import { selectMethods, type MethodSelection } from '../selection.ts';
import { instrumentsFinder, tracerFinder, type Instruments } from './instruments.ts';
import { Observation, type ObservationSettings } from './observation.ts';
import type { TrustRemoteParent } from './remote-parent.ts';
import { Subjects } from './subject.ts';

/** Options of {@link telemetry}. */
export interface TelemetryOptions extends MethodSelection {
  /**
   * Whose trace context, sent as `_meta.traceparent`, becomes the parent of the call's span. All others are linked
   * only, so that strangers cannot decide what is sampled. Default: `authenticated`, which leaves out anonymous
   * clients.
   */
  readonly trustRemoteParent?: TrustRemoteParent | undefined;
  /** Keys of `_meta.baggage` that handlers may see. At most 32 entries of 256 characters. Default: none. */
  readonly baggage?: readonly string[] | undefined;
  /** The span `mcp.tool.{tool}` around the handler. Default: true. */
  readonly handlerSpans?: boolean | undefined;
  /** Puts the arguments of tools on the span, masked and cut. Default: false. */
  readonly captureArguments?: boolean | undefined;
  /** Puts the results of tools on the span, masked and cut. Default: false. */
  readonly captureResults?: boolean | undefined;
  /** Characters of JSON kept of arguments and of results. Default: 4096. */
  readonly maxCaptureLength?: number | undefined;
  /** What is masked in arguments, results and URIs on spans; see `redact`. */
  readonly redaction?: RedactOptions | undefined;
  /** What the names of metrics begin with that are not of OpenTelemetry's conventions. Default: `mcp`. */
  readonly metricPrefix?: string | undefined;
  /** Records `mcp.tool.calls` and `mcp.tool.duration` too, which repeat `mcp.server.operation.duration`. Default: false. */
  readonly toolMetrics?: boolean | undefined;
}

/**
 * Reports calls to OpenTelemetry, by its conventions for MCP: a SERVER span per message (`tools/call disk_usage`), a
 * child span around the handler (`mcp.tool.disk_usage`), and metrics. Log lines of the call carry `trace_id` and
 * `span_id`, and unexpected exceptions become log records.
 *
 * Metrics: `mcp.server.operation.duration`, `mcp.server.session.duration`, and, with `metricPrefix` in front,
 * `mcp.sessions.active`, `mcp.tool.active`, `mcp.tool.errors`, `mcp.tool.result.size`.
 *
 * It reports to whatever SDK your process registers, before or after, and does nothing while there is none. Spans
 * nest only where the SDK has a context manager. Make it the outermost middleware: what is outside of it is neither
 * timed nor traced. In an app that is mounted in one with telemetry it stays silent, so a call is counted once.
 *
 * Names that clients make up never appear: a call of an unregistered tool is `_unknown`, an unserved method `_OTHER`.
 *
 * @see https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/mcp.md
 *
 * @throws {InvalidOptionError} `INVALID_OPTION`
 *
 * @example
 * ```ts
 * import { createApp } from '@toolyard/core';
 * import { telemetry } from '@toolyard/core/middleware';
 *
 * const app = createApp({ name: 'demo', version: '1.0.0' }).use(telemetry({ except: ['ping'] }));
 * ```
 */
export function telemetry(options: TelemetryOptions = {}): Middleware {
  const selected = selectMethods(options);
  const settings = check(options);
  const findTracer = tracerFinder();
  const findInstruments = instrumentsFinder(options.metricPrefix ?? 'mcp');
  const subjects = new Subjects();
  const watched = new WeakMap<AppCore, Instruments>();

  return function observeCall(call, next) {
    const tracer = findTracer();
    const instruments = findInstruments();
    if (!tracer && !instruments) return next();
    const state = stateOf(call);
    // An app around this one reports the call already.
    if (state?.observer || !selected(call.method)) return next();
    if (instruments && state && call.method === 'initialize') watchSessions(state.core, instruments, watched);
    return new Observation(call, subjects.of(call, state), tracer, instruments, settings).run(next);
  };
}

/** Learns of the end of sessions. Their start is seen as `initialize`. */
function watchSessions(
  core: AppCore,
  instruments: Instruments,
  watched: WeakMap<AppCore, Instruments>,
): void {
  if (watched.get(core) === instruments) return;
  watched.set(core, instruments);
  core.events.on('sessionClosed', ({ id }) => instruments.closeSession(id, core.clock.now()));
}

function check(options: TelemetryOptions): ObservationSettings {
  const {
    trustRemoteParent: trust = 'authenticated',
    baggage = [],
    maxCaptureLength = 4096,
    metricPrefix = 'mcp',
  } = options;
  if (!['always', 'authenticated', 'never'].includes(trust)) {
    throw new InvalidOptionError('trustRemoteParent', 'must be always, authenticated or never');
  }
  if (!(maxCaptureLength > 0)) throw new InvalidOptionError('maxCaptureLength', 'must be above 0');
  if (!/^[a-z][\w.-]{0,100}$/i.test(metricPrefix)) {
    throw new InvalidOptionError(
      'metricPrefix',
      'must be a letter, then up to 100 letters, digits, "_", "." and "-"',
    );
  }
  const {
    handlerSpans = true,
    captureArguments = false,
    captureResults = false,
    toolMetrics = false,
  } = options;
  return {
    parentRules: { trust, baggage: new Set(baggage) },
    handlerSpans,
    captureArguments,
    captureResults,
    maxCaptureLength,
    toolMetrics,
    secrets: redactor(options.redaction),
  };
}
