import { context, logs, metrics, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createLogger } from '../src/logging.ts';
import { createSecrets } from '../src/secrets.ts';
import { createLogBridge, TELEMETRY_COMPONENT } from '../src/telemetry/log-bridge.ts';
import { createTelemetry, type TelemetryOptions } from '../src/telemetry/telemetry.ts';
import { otlpListener } from './otlp-listener.ts';

// Nothing is sent by itself within a test: what arrives was flushed.
const HOUR = 3_600_000;

function start(options: Partial<TelemetryOptions> = {}) {
  const telemetry = createTelemetry({
    serviceName: 'terminal-runner',
    serviceVersion: '1.2.3',
    instanceId: 'i1',
    batchDelayMs: HOUR,
    metricsIntervalMs: HOUR,
    ...options,
  });
  onTestFinished(async () => void (await telemetry.shutdown({ deadlineMs: 100 })));
  const tracer = telemetry.tracerProvider.getTracer('test');
  return { telemetry, tracer, span: (name: string) => tracer.startSpan(name).end() };
}

describe('by OTLP', () => {
  test('traces, metrics and logs arrive with headers and resource', async () => {
    const listener = await otlpListener();
    const { telemetry, span } = start({
      endpoint: `${listener.url}/`,
      headers: { 'x-token': 'abc' },
      resourceAttributes: { team: 'blue' },
    });
    span('tools/call run');
    telemetry.meterProvider.getMeter('test').createCounter('calls').add(1);
    telemetry.loggerProvider.getLogger('test').emit({ body: 'Hello.', severityText: 'info' });
    await telemetry.flush();

    expect(listener.requests.map(({ path }) => path).toSorted()).toEqual([
      '/v1/logs',
      '/v1/metrics',
      '/v1/traces',
    ]);
    expect(listener.spanNames()).toEqual(['tools/call run']);
    expect(listener.metricNames()).toEqual(['calls']);
    expect(listener.logRecords()).toMatchObject([{ body: { stringValue: 'Hello.' } }]);
    for (const { headers, resourceSpans, resourceLogs, resourceMetrics } of listener.requests) {
      expect(headers).toMatchObject({ 'x-token': 'abc', 'content-type': 'application/json' });
      const [first] = [...resourceSpans, ...resourceLogs, ...resourceMetrics];
      expect(first?.resource.attributes).toEqual({
        'service.name': 'terminal-runner',
        'service.version': '1.2.3',
        'service.instance.id': 'i1',
        team: 'blue',
      });
    }
  });

  test('spans are sent by themselves after the batch delay, metrics after their interval', async () => {
    const listener = await otlpListener();
    const { telemetry, span } = start({ endpoint: listener.url, batchDelayMs: 5, metricsIntervalMs: 5 });
    telemetry.meterProvider.getMeter('test').createCounter('calls').add(1);
    span('one');
    await expect.poll(() => listener.spanNames()).toEqual(['one']);
    await expect.poll(() => listener.metricNames()).toContain('calls');
  });

  test('without an endpoint nothing is recorded, and log records are not built', () => {
    const { telemetry, tracer } = start();
    expect(tracer.startSpan('x').isRecording()).toBe(false);
    expect(telemetry.loggerProvider.getLogger('test').enabled()).toBe(false);
  });
});

describe('changed while running', () => {
  test('what was recorded goes to the old endpoint, what comes to the new one', async () => {
    const [before, after] = [await otlpListener(), await otlpListener()];
    const { telemetry, tracer, span } = start({ endpoint: before.url, headers: { 'x-token': 'old' } });
    const calls = telemetry.meterProvider.getMeter('test').createCounter('calls');
    calls.add(1);
    span('finished before');
    const across = tracer.startSpan('across');

    const change = {
      endpoint: after.url,
      headers: { 'x-token': 'new' },
      resourceAttributes: { team: 'red' },
    };
    expect(await telemetry.reconfigure(change)).toBe(true);
    expect(before.spanNames()).toEqual(['finished before']);
    expect(before.metricNames()).toEqual(['calls']);

    across.end();
    span('finished after');
    await telemetry.flush();
    expect(after.spanNames()).toEqual(['across', 'finished after']);
    expect(after.metricNames()).toEqual(['calls']);
    expect(before.spanNames()).toEqual(['finished before']);
    const traces = after.requests.find(({ path }) => path === '/v1/traces');
    expect(traces?.headers['x-token']).toBe('new');
    expect(traces?.resourceSpans[0]?.resource.attributes).toMatchObject({
      'service.name': 'terminal-runner',
      team: 'red',
    });
    const old = before.requests.find(({ path }) => path === '/v1/traces');
    expect(old?.headers['x-token']).toBe('old');
    expect(old?.resourceSpans[0]?.resource.attributes).not.toHaveProperty('team');
  });

  test('no span is lost or sent twice while the endpoint changes under load', async () => {
    const listeners = [await otlpListener(), await otlpListener(), await otlpListener()];
    const { telemetry, span } = start({ endpoint: listeners[0]?.url ?? '' });
    const names: string[] = [];
    const changes: Promise<boolean>[] = [];
    for (let index = 0; index < 600; index++) {
      const name = `span ${index}`;
      names.push(name);
      span(name);
      if (index % 100 === 50)
        changes.push(telemetry.reconfigure({ endpoint: listeners[index % 3]?.url ?? '' }));
      if (index % 25 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(changes);
    await telemetry.shutdown();
    expect(listeners.flatMap((listener) => listener.spanNames()).toSorted()).toEqual(names.toSorted());
  });

  test('batches that the old endpoint refuses go to the new one', async () => {
    const [broken, working] = [await otlpListener({ status: 400 }), await otlpListener()];
    const errors: string[] = [];
    const { telemetry, span } = start({ endpoint: broken.url, onError: (signal) => errors.push(signal) });
    span('kept');
    telemetry.loggerProvider.getLogger('test').emit({ body: 'Kept.', severityText: 'info' });
    expect(await telemetry.reconfigure({ endpoint: working.url })).toBe(true);
    expect(working.spanNames()).toEqual(['kept']);
    expect(working.logRecords()).toHaveLength(1);
    expect(errors).toContain('traces');
  });

  test('parts that are not named stay, and sending can be switched off and on', async () => {
    const listener = await otlpListener();
    const { telemetry, tracer, span } = start({ endpoint: listener.url, headers: { 'x-token': 'abc' } });
    await telemetry.reconfigure({ endpoint: null });
    expect(tracer.startSpan('x').isRecording()).toBe(false);
    await telemetry.reconfigure({ endpoint: listener.url });
    await telemetry.reconfigure({ resourceAttributes: { team: 'red' } });
    span('again');
    await telemetry.flush();
    expect(listener.spanNames()).toEqual(['again']);
    expect(listener.requests.at(-1)?.headers['x-token']).toBe('abc');
  });
});

test('prometheusText has every metric, with or without an endpoint, and the current resource', async () => {
  const { telemetry } = start();
  const meter = telemetry.meterProvider.getMeter('test');
  meter.createCounter('tool.calls', { description: 'Calls.' }).add(2, { tool: 'run' });
  meter.createHistogram('tool.duration', { unit: 's' }).record(0.5);
  meter.createObservableGauge('queue').addCallback((result) => result.observe(3));
  expect(await telemetry.prometheusText()).toMatch(/tool_calls_total\{.*tool="run".*\} 2/);
  await telemetry.reconfigure({ resourceAttributes: { team: 'red' } });
  const text = await telemetry.prometheusText();
  expect(text).toMatch(/# TYPE tool_duration histogram/);
  expect(text).toMatch(/queue\{.*\} 3/);
  expect(text).toMatch(/target_info\{.*team="red"/);
  expect(text).toMatch(/tool_calls_total\{.*\} 2/);
});

describe('the end', () => {
  test('shutdown sends what is waiting', async () => {
    const listener = await otlpListener();
    const { telemetry, span } = start({ endpoint: listener.url });
    span('last');
    expect(await telemetry.shutdown()).toBe(true);
    expect(await telemetry.shutdown()).toBe(true);
    expect(listener.spanNames()).toEqual(['last']);
    expect(() => telemetry.reconfigure({ endpoint: null })).toThrow('shut down');
  });

  test('shutdown gives up at its deadline', async () => {
    const { telemetry, span } = start({ endpoint: 'http://127.0.0.1:9' });
    span('lost');
    expect(await telemetry.shutdown({ deadlineMs: 50 })).toBe(false);
  });
});

test('register makes the providers global and lets the active span pass through await', async () => {
  const listener = await otlpListener();
  const { telemetry } = start({ endpoint: listener.url });
  telemetry.register();
  metrics.getMeter('test').createCounter('global.calls').add(1);
  logs.getLogger('test').emit({ body: 'Global.', severityText: 'info' });
  await trace.getTracer('test').startActiveSpan('outer', async (outer) => {
    await Promise.resolve();
    expect(trace.getActiveSpan()).toBe(outer);
    const bound = context.bind(context.active(), () => trace.getActiveSpan());
    expect(context.with(ROOT_CONTEXT, bound)).toBe(outer);
    trace.getTracer('test').startSpan('inner').end();
    outer.end();
  });
  await telemetry.shutdown();
  expect(listener.spanNames().toSorted()).toEqual(['inner', 'outer']);
  expect(listener.metricNames()).toEqual(['global.calls']);
  const spans = listener.requests.flatMap(({ resourceSpans }) =>
    resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)),
  );
  expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
  expect(trace.getActiveSpan()).toBeUndefined();
});

test('log lines are sent as records of the active trace, without secrets and without loops', async () => {
  const listener = await otlpListener();
  const { telemetry } = start({ endpoint: listener.url });
  telemetry.register();
  const logger = createLogger({
    name: 'terminal-runner',
    level: 'debug',
    redact: createSecrets(['open-sesame']).redact,
    destination: { write: () => {} },
    onLine: createLogBridge(telemetry.loggerProvider, 'terminal-runner'),
  });
  const traceId = trace.getTracer('test').startActiveSpan('outer', (span) => {
    logger.warn({ tool: 'run', argument: 'open-sesame' }, 'Slow.');
    logger.child({ component: TELEMETRY_COMPONENT }).error({}, 'The export failed.');
    span.end();
    return span.spanContext().traceId;
  });
  await telemetry.flush();
  expect(listener.logRecords()).toEqual([
    {
      body: { stringValue: 'Slow.' },
      severityText: 'warn',
      traceId,
      attributes: { name: 'terminal-runner', tool: 'run', argument: '[redacted]' },
    },
  ]);
});
