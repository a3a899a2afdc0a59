import { createApp } from '@toolyard/core';
import { fakeClock } from '@toolyard/core/testing';
import { expect, test } from 'vitest';

import { readEvents } from '../sse-reader.ts';
import { heldTool } from '../demo-app.ts';
import { until } from '../helpers.ts';
import { callTool, read, restApp, serveRest } from './rest-server.ts';

/** What a held tool gives. */
const RELEASED = { content: [{ type: 'text', text: 'released' }] };

const STREAM = { accept: 'text/event-stream' };

test('progress comes as events, then the result', async () => {
  const { url } = await serveRest(restApp());
  const response = await callTool(url, 'steps', {}, STREAM);
  expect(response.headers.get('content-encoding')).toBeNull();
  expect(response.headers.get('x-accel-buffering')).toBe('no');
  expect(await response.text()).toBe(
    [
      'event: progress\ndata: {"progress":1,"total":3,"message":"step 1"}\n\n',
      'event: progress\ndata: {"progress":2,"total":3,"message":"step 2"}\n\n',
      'event: progress\ndata: {"progress":3,"total":3,"message":"step 3"}\n\n',
      'event: result\ndata: {"counted":3}\n\n',
    ].join(''),
  );
});

test('a call without progress is a stream of one event', async () => {
  const { url } = await serveRest(restApp());
  const response = await callTool(url, 'add', { a: 1 }, STREAM);
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  expect(await response.text()).toBe('event: result\ndata: {"sum":2}\n\n');
});

test('a failure before the first event has its own status, one after it is an event', async () => {
  const { url } = await serveRest(restApp());
  expect(await read(callTool(url, 'full', {}, STREAM))).toMatchObject([422, { code: 'DISK_FULL' }]);
  expect(await read(callTool(url, 'nothing', {}, STREAM))).toMatchObject([404, { code: 'TOOL_NOT_FOUND' }]);

  const clock = fakeClock();
  const { tool, state } = heldTool();
  const held = await serveRest(
    createApp({ name: 'demo', version: '1.0.0', clock, timeoutMs: 1000 }).add(tool),
  );
  const answer = callTool(held.url, 'held', {}, STREAM);
  await until(() => state.started === 1);
  state.tell(1);
  const response = await answer;
  await clock.advance(2000);
  const text = await response.text();
  expect(text).toMatch(
    /^event: progress\ndata: \{"progress":1\}\n\nevent: error\ndata: \{.*"status":504.*\}\n\n$/,
  );
});

test('who takes JSON as well gets JSON and no progress', async () => {
  const { url } = await serveRest(restApp());
  const accept = 'application/json, text/event-stream';
  expect(await read(callTool(url, 'steps', {}, { accept }))).toEqual([200, { counted: 3 }]);
});

test('who takes neither is refused before anything runs', async () => {
  const { tool, state } = heldTool();
  const { url } = await serveRest(createApp({ name: 'demo', version: '1.0.0' }).add(tool));
  const answer = await read(callTool(url, 'held', {}, { accept: 'text/html' }));
  expect(answer).toMatchObject([406, { code: 'NOT_ACCEPTABLE' }]);
  expect(state.started).toBe(0);
});

test('a quiet call is kept alive with comments', async () => {
  const clock = fakeClock();
  const { tool, state } = heldTool();
  const app = createApp({ name: 'demo', version: '1.0.0', clock }).add(tool);
  const { url } = await serveRest(app, { keepAliveMs: 1000 });
  const answer = callTool(url, 'held', {}, STREAM);
  await until(() => state.started === 1);
  await clock.advance(3000);
  const events = readEvents(await answer);
  expect(await events.next()).toMatchObject({ comment: 'keep-alive' });
  state.release();
  expect(await events.rest()).toEqual([RELEASED]);
});

test('a call is given up when the reader of its stream hangs up', async () => {
  const { tool, state } = heldTool();
  const { url } = await serveRest(createApp({ name: 'demo', version: '1.0.0' }).add(tool));
  const controller = new AbortController();
  const answer = callTool(url, 'held', {}, STREAM, { signal: controller.signal });
  await until(() => state.started === 1);
  state.tell(1);
  await answer;
  expect(state.aborted).toBe(0);
  controller.abort();
  await until(() => state.aborted === 1);
});
