// Runs in the browser: a page of components that show what the hooks give.
import { createElement as h, StrictMode, useState, type ReactNode } from 'react';
import { createRoot } from 'react-dom/client';

import { createManagedClient } from '../../../src/client.ts';
import { McpProvider, useEvents, useMcp, useResource, useTool } from '../../../src/client-react.ts';

function Status() {
  const { state, server, offline } = useMcp();
  const [seen, setSeen] = useState('');
  useEvents('stateChanged', ({ status }) => setSeen((before) => `${before} ${status}`));
  return h(
    'p',
    null,
    row('state', state.status),
    row('server', server ? `${server.info?.name} (${server.era})` : 'none'),
    row('offline', String(offline)),
    row('seen', seen),
  );
}

function Adder() {
  const { call, status, data, error } = useTool('add');
  const sum = (data?.structuredContent as { sum?: number } | undefined)?.sum;
  return h(
    'section',
    null,
    h('button', { id: 'add', onClick: () => void call({ a: 20, b: 22 }) }, 'Add 20 and 22'),
    h('button', { id: 'slow', onClick: () => void call({ a: 1, b: 1, waitMs: 400 }) }, 'Add slowly'),
    h('button', { id: 'fail', onClick: () => void call({ a: 1 }, { timeoutMs: 1000 }) }, 'Add wrongly'),
    h('button', { id: 'fast', onClick: () => void call({ a: 1, b: 2 }, { whenOffline: 'fail' }) }, 'Or fail'),
    row('call', status),
    row('sum', String(sum ?? '')),
    row(
      'failed',
      data?.isError ? 'by the tool' : error instanceof Error ? (error as Error & { code: string }).code : '',
    ),
  );
}

function Note() {
  const { status, data, stale } = useResource('note://1');
  const [content] = data?.contents ?? [];
  return h(
    'section',
    null,
    row('note', content && 'text' in content ? content.text : ''),
    row('reading', status),
    row('stale', String(stale)),
  );
}

function row(id: string, value: string): ReactNode {
  return h('span', { style: { display: 'block' } }, `${id}: `, h('b', { id }, value));
}

// The tests are compiled without the types of browsers.
const { document, location } = globalThis as unknown as {
  document: { createElement(tag: 'main'): Container; body: { append(child: Container): void } };
  location: { href: string };
};
type Container = Parameters<typeof createRoot>[0];

const client = createManagedClient({
  url: new URL('/mcp', location.href),
  keepAliveMs: 100,
  backoff: { initialMs: 50, maxMs: 200 },
});
const root = document.createElement('main');
document.body.append(root);
createRoot(root).render(
  h(
    StrictMode,
    null,
    h(McpProvider, { client }, h('h1', null, 'Toolyard in React'), h(Status), h(Adder), h(Note)),
  ),
);
