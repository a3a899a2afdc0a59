import * as api from '@opentelemetry/api';
import type { Attributes, Context, Span } from '@opentelemetry/api';
import { SCOPE } from './instruments.ts';
import { Attribute, EXCEPTION_EVENT } from './semantic-conventions.ts';

const SEVERITY_ERROR = 17;

/** `logs` came with 1.10 of the API. */
type MaybeLogs = { readonly logs?: (typeof api)['logs'] };

/**
 * Writes an exception as a log record of its span. Where no logs SDK is registered, or the API has no logs yet, it
 * becomes an event of the span.
 *
 * @see https://github.com/open-telemetry/opentelemetry-specification/blob/main/oteps/4430-span-event-api-deprecation-plan.md
 */
export function recordException(
  error: unknown,
  attributes: Attributes,
  context: Context,
  span: Span | undefined,
): void {
  const { logs } = api as MaybeLogs;
  const logger = logs?.getLogger(SCOPE);
  if (!logger?.enabled({ context, severityNumber: SEVERITY_ERROR, eventName: EXCEPTION_EVENT })) {
    span?.recordException(error instanceof Error ? error : String(error));
    return;
  }
  logger.emit({
    context,
    eventName: EXCEPTION_EVENT,
    severityNumber: SEVERITY_ERROR,
    severityText: 'ERROR',
    attributes: { ...attributes, ...describe(error) },
  });
}

function describe(error: unknown): Attributes {
  if (!(error instanceof Error)) return { [Attribute.exceptionMessage]: String(error) };
  return {
    [Attribute.exceptionType]: error.name,
    [Attribute.exceptionMessage]: error.message,
    ...(error.stack !== undefined && { [Attribute.exceptionStacktrace]: error.stack }),
  };
}
