import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { z } from 'zod';

const attributes = z
  .array(z.object({ key: z.string(), value: z.record(z.string(), z.unknown()) }))
  .transform((list) => Object.fromEntries(list.map(({ key, value }) => [key, Object.values(value)[0]])));
const resource = z.object({ attributes });
const span = z.object({
  name: z.string(),
  kind: z.number(),
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().optional(),
  links: z.array(z.object({ traceId: z.string(), spanId: z.string() })).default([]),
  status: z.object({ code: z.number().default(0) }),
  attributes,
});
const records = z.array(
  z.object({
    body: z.object({ stringValue: z.string() }),
    severityText: z.string(),
    traceId: z.string().optional(),
    attributes,
  }),
);
const metrics = z.array(z.object({ name: z.string() }));

/** The parts of OTLP in JSON that the tests look at. */
const payload = z.object({
  resourceSpans: z
    .array(z.object({ resource, scopeSpans: z.array(z.object({ spans: z.array(span) })) }))
    .default([]),
  resourceLogs: z
    .array(z.object({ resource, scopeLogs: z.array(z.object({ logRecords: records })) }))
    .default([]),
  resourceMetrics: z.array(z.object({ resource, scopeMetrics: z.array(z.object({ metrics })) })).default([]),
});

/** A request as an OTLP collector sees it. */
interface OtlpRequest extends z.output<typeof payload> {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
}

interface OtlpListenerOptions {
  /** What it answers. Default: 200. */
  readonly status?: number;
  /** Where its end is registered. Default: it is closed when the test ends. */
  readonly whenDone?: (close: () => void) => void;
}

/** A real OTLP/HTTP endpoint that keeps what it gets. */
export async function otlpListener({ status = 200, whenDone = onTestFinished }: OtlpListenerOptions = {}) {
  const requests: OtlpRequest[] = [];
  const listener: RequestListener = (request, response) => {
    void json(request).then((body) => {
      requests.push({ path: request.url ?? '', headers: request.headers, ...payload.parse(body) });
      response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
    });
  };
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  whenDone(() => {
    server.closeAllConnections();
    server.close();
  });
  // listen() on a TCP port has an AddressInfo.
  const { port } = server.address() as AddressInfo;
  const spans = () =>
    requests.flatMap(({ resourceSpans }) =>
      resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)),
    );
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    spans,
    spanNames: () => spans().map(({ name }) => name),
    logRecords: () =>
      requests.flatMap(({ resourceLogs }) =>
        resourceLogs.flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords)),
      ),
    metricNames: () =>
      requests.flatMap(({ resourceMetrics }) =>
        resourceMetrics.flatMap(({ scopeMetrics }) =>
          scopeMetrics.flatMap((scope) => scope.metrics.map(({ name }) => name)),
        ),
      ),
  };
}
