// Telemetry of the running server, as an OpenTelemetry collector gets it.
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { otlpListener } from '../otlp-listener.ts';
import { atEnd, temporaryDirectory } from './at-end.ts';
import { connectHttp } from './clients.ts';
import { startHttp, type Environment } from './terminal.ts';

const KEY = 'the-key-of-ada-123';
const SERVER = 2; // the kind of a span

function collect(status = 200) {
  return otlpListener({ status, whenDone: atEnd });
}

/** A server whose telemetry a configuration file directs. */
async function start(initial: object, env: Environment = {}) {
  const data = temporaryDirectory();
  const file = join(data, 'config.json');
  const write = (content: object | string) =>
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  write(initial);
  const server = await startHttp(['--config', file, '--data', data], { env });
  return {
    ...server,
    /** Changes the file, tells the server, and waits for its answer in the log. */
    async reload(content: object | string) {
      const answers = () => server.log().filter(({ msg }) => String(msg).startsWith('The configuration was'));
      const before = answers().length;
      write(content);
      server.child.kill('SIGHUP');
      await vi.waitUntil(() => answers().length > before, { timeout: 10_000 });
      return answers().at(-1);
    },
  };
}

test.concurrent('traces, metrics and logs of a call arrive, joined by the trace of the client', async () => {
  const collector = await collect();
  const server = await start({ otlpEndpoint: collector.url }, { TOOLYARD_API_KEY: KEY });
  const client = await connectHttp(server.url, undefined, KEY);
  const [traceId, spanId] = ['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7'];
  const meta = { traceparent: `00-${traceId}-${spanId}-01` };
  await client.callTool({ name: 'calculate', arguments: { expression: '6 * 7' }, _meta: meta });
  await client.callTool({ name: 'calculate', arguments: { expression: '6 *' } });
  expect(await server.stop()).toBe(0);

  const [call, failed] = collector.spans().filter(({ name }) => name === 'tools/call calculate');
  expect(call).toMatchObject({
    kind: SERVER,
    traceId,
    parentSpanId: spanId,
    status: { code: 0 },
    attributes: {
      'mcp.method.name': 'tools/call',
      'mcp.protocol.version': '2026-07-28',
      'gen_ai.tool.name': 'calculate',
      'gen_ai.operation.name': 'execute_tool',
      'network.transport': 'tcp',
      'network.protocol.name': 'http',
      'client.address': '127.0.0.1',
      'jsonrpc.request.id': expect.any(String),
    },
  });
  expect(JSON.stringify(call)).not.toContain('6 * 7');
  const handler = collector.spans().find(({ name }) => name === 'mcp.tool.calculate');
  expect(handler).toMatchObject({ traceId, parentSpanId: call?.spanId });
  expect(failed).toMatchObject({
    status: { code: 2 },
    attributes: { 'error.type': 'tool_error', 'toolyard.error.code': 'EXPRESSION_INVALID' },
  });
  expect(failed?.traceId).not.toBe(traceId);

  expect(collector.metricNames()).toEqual(
    expect.arrayContaining(['mcp.server.operation.duration', 'mcp.tool.errors', 'mcp.tool.result.size']),
  );
  const lines = collector.logRecords().filter(({ attributes }) => attributes['tool'] === 'calculate');
  expect(lines).toMatchObject([
    { body: { stringValue: 'tools/call ok' }, severityText: 'info', traceId },
    { body: { stringValue: 'tools/call tool error' }, severityText: 'warn', traceId: failed?.traceId },
  ]);
  const written = server.log().filter(({ tool }) => tool === 'calculate');
  expect(written).toMatchObject([{ trace_id: traceId, span_id: call?.spanId }, { outcome: 'tool_error' }]);
});

test.concurrent('a client that nobody vouches for cannot put itself into a trace: it is linked', async () => {
  const collector = await collect();
  const env = {
    TOOLYARD_OTLP_HEADERS: 'x-token=ours',
    OTEL_EXPORTER_OTLP_HEADERS: 'x-vendor=of-another-collector',
  };
  const server = await start({ otlpEndpoint: collector.url }, env);
  const client = await connectHttp(server.url);
  const [traceId, spanId] = ['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7'];
  await client.callTool({ name: 'system_info', _meta: { traceparent: `00-${traceId}-${spanId}-00` } });
  await server.stop();
  const span = collector.spans().find(({ name }) => name === 'tools/call system_info');
  expect(span?.traceId).not.toBe(traceId);
  expect(span?.parentSpanId).toBeUndefined();
  expect(span?.links).toEqual([{ traceId, spanId }]);
  for (const { headers } of collector.requests) {
    expect(headers['x-token']).toBe('ours');
    expect(headers).not.toHaveProperty('x-vendor');
  }
});

function settings(url: string, name: string) {
  return {
    otlpEndpoint: url,
    otlpHeaders: { 'x-token': `token-of-${name}` },
    resourceAttributes: { stage: name },
  };
}

/** Sends a request whose id, which is on its log line, is what must not be there. */
async function sendId(url: string, id: string): Promise<void> {
  const clientInfo = { name: 'e2e', version: '1.0.0' };
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo };
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
    body: JSON.stringify({ jsonrpc: '2.0', id, method: 'initialize', params }),
  });
  expect(response.status).toBe(200);
}

test.concurrent(
  'SIGHUP reads the configuration again: all telemetry goes to the new collector, with new headers and attributes',
  async () => {
    const [first, second] = [await collect(), await collect()];
    const server = await start(settings(first.url, 'first'));
    const client = await connectHttp(server.url);
    await client.callTool({ name: 'system_info' });
    expect(await server.reload(settings(second.url, 'second'))).toMatchObject({
      level: 'info',
      settings: ['otlpEndpoint', 'otlpHeaders', 'resourceAttributes'],
      delivered: true,
    });
    const received = first.requests.length;
    await client.callTool({ name: 'list_files' });
    await sendId(server.url, 'token-of-second');
    expect(await server.stop()).toBe(0);

    expect(first.requests).toHaveLength(received);
    expect(first.spanNames()).toContain('tools/call system_info');
    expect(second.spanNames()).toContain('tools/call list_files');
    expect(second.spanNames()).not.toContain('tools/call system_info');
    expect(second.logRecords().map(({ attributes }) => attributes['tool'])).toContain('list_files');
    for (const [name, { requests }] of [
      ['first', first],
      ['second', second],
    ] as const) {
      const signals = ['/v1/logs', '/v1/metrics', '/v1/traces'];
      expect([...new Set(requests.map(({ path }) => path))].toSorted()).toEqual(signals);
      for (const { headers, resourceSpans, resourceMetrics, resourceLogs } of requests) {
        expect(headers['x-token']).toBe(`token-of-${name}`);
        for (const { resource } of [...resourceSpans, ...resourceMetrics, ...resourceLogs])
          expect(resource.attributes).toMatchObject({ 'service.name': 'terminal-runner', stage: name });
      }
    }
    expect(server.log()).toContainEqual(expect.objectContaining({ requestId: '[redacted]' }));
    expect(server.stderr()).not.toContain('token-of');
  },
);

test.concurrent(
  'a reload says what needs a restart, and keeps to the old settings when the file is wrong',
  async () => {
    const server = await start({});
    await server.reload({ host: 'localhost', logLevel: 'debug' });
    expect(server.log()).toMatchObject([
      { level: 'warn', settings: ['host'], msg: 'These settings need a restart to change.' },
      { level: 'info', settings: ['logLevel'], delivered: true },
    ]);
    const refused = await server.reload({ logLevel: 'loud' });
    expect(refused).toMatchObject({ level: 'error' });
    expect(JSON.stringify(refused)).toContain('is not allowed; allowed: one of trace, debug');
    expect(await (await fetch(server.at('/healthz'))).text()).toBe('ok\n');
  },
);

test.concurrent('a collector that refuses does no harm but a warning', async () => {
  const refusing = await collect(400);
  const server = await start({ otlpEndpoint: refusing.url });
  const client = await connectHttp(server.url);
  await client.callTool({ name: 'system_info' });
  expect(await server.stop()).toBe(0);
  const warnings = server.log().filter(({ msg }) => msg === 'Telemetry was not sent.');
  expect(warnings.map(({ level, signal }) => [level, signal].join(' ')).toSorted()).toEqual([
    'warn logs',
    'warn metrics',
    'warn traces',
  ]);
});

test.concurrent('a collector that hangs does not hold up calls, and the end only for a moment', async () => {
  const hanging = createServer(() => {}).listen(0, '127.0.0.1');
  atEnd(() => {
    hanging.closeAllConnections();
    hanging.close();
  });
  await once(hanging, 'listening');
  const { port } = hanging.address() as AddressInfo;
  const server = await start({ otlpEndpoint: `http://127.0.0.1:${port}` });
  const client = await connectHttp(server.url);
  expect(await client.callTool({ name: 'system_info' })).toMatchObject({ structuredContent: {} });
  const startedAt = performance.now();
  expect(await server.stop()).toBe(0);
  expect(performance.now() - startedAt).toBeLessThan(8_000);
});
