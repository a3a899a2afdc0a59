import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createApp, silentLogger, type Clock, type Principal } from '@toolyard/core';
import { artifacts, openSafeRoots, type DecidedCommand } from '@toolyard/core/process';
import { createTestClient, type TestClient, type TestClientOptions } from '@toolyard/core/testing';
import { commandPolicy, type PolicyDocument } from '@toolyard/validation/command';
import { onTestFinished, vi } from 'vitest';

import { createCommands } from '../../src/commands/commands.ts';
import { commandTools } from '../../src/tools/commands/command-tools.ts';
import { temporaryDirectory } from '../temporary-directory.ts';

export const eras = ['modern', 'legacy'] as const;
export type Era = (typeof eras)[number];

export const ann: Principal = { id: 'ann', issuer: 'test', scopes: '*' };
export const bob: Principal = { id: 'bob', issuer: 'test', scopes: '*' };

/** A server with the tools for commands, on a root of its own. */
export async function startServer({
  policy = { profile: 'dev' },
  clock,
  firstLookMs = 20,
}: { policy?: PolicyDocument; clock?: Clock; firstLookMs?: number } = {}) {
  const base = temporaryDirectory();
  const [root, data] = [join(base, 'root'), join(base, 'data')];
  mkdirSync(root);
  mkdirSync(data);
  const roots = await openSafeRoots({ roots: [{ name: 'project', path: root, writable: true }] });
  onTestFinished(() => roots.close());
  const commands = await createCommands({
    roots,
    policy: commandPolicy(policy),
    sandbox: 'none',
    data,
    logger: silentLogger,
  });
  onTestFinished(() => commands[Symbol.asyncDispose]());
  const decisions: DecidedCommand[] = [];
  const app = createApp({ name: 'test', version: '1.0.0', ...(clock && { clock }) })
    .add(...commandTools(commands, { firstLookMs, onDecision: (decided) => decisions.push(decided) }))
    .install(artifacts, { store: commands.artifacts, updateMs: 50 });
  onTestFinished(() => app.close());

  return {
    app,
    commands,
    root,
    /** About input. */
    decisions,
    client: (options: TestClientOptions): TestClient => {
      const client = createTestClient(app, { as: ann, ...options });
      onTestFinished(() => client.close());
      return client;
    },
    /** Writes a file into the root. */
    file: (name: string, content: string): void => writeFileSync(join(root, name), content),
  };
}

type Answer = Awaited<ReturnType<TestClient['call']>>;

/** The text of a result. */
export function textOf({ content }: Pick<Answer, 'content'>): string {
  return content.map((block) => (block.type === 'text' ? block.text : '')).join('');
}

/** The structured part of a result, as whoever reads it takes it to be. */
export function dataOf(answer: Answer): any {
  return answer.structuredContent;
}

/** The code of a refusal. */
export function codeOf({ _meta }: Answer): unknown {
  return (_meta?.['toolyard/error'] as { code?: unknown } | undefined)?.code;
}

/** What a client has been told of a resource since it began to listen. */
export async function followUpdates(client: TestClient, uri: string): Promise<() => number> {
  if (client.era === 'legacy') {
    await client.subscribe(uri);
    return () =>
      client.notifications.filter(
        ({ method, params }) => method === 'notifications/resources/updated' && params?.['uri'] === uri,
      ).length;
  }
  const stream = client.listen({ resourceSubscriptions: [uri] });
  await stream.acknowledged;
  let count = 0;
  void (async () => {
    for await (const { method } of stream) if (method === 'notifications/resources/updated') count += 1;
  })().catch(() => {}); // the client has gone
  return () => count;
}

/** Waits, of real time, for what has to become true. */
export function eventually<T>(check: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(check, { timeout: 10_000, interval: 20 });
}
