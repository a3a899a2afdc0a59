import { createApp, defineTool, type Change } from '@toolyard/core';
import { expect, test } from 'vitest';

const info = { name: 'demo', version: '1.0.0' };
const tool = (name: string) => defineTool({ name, run: () => name });

/** Hears what clients are told. */
function hear(app: ReturnType<typeof createApp>): string[] {
  const heard: string[] = [];
  app.subscribe({
    principal: { id: 'ada', scopes: [] },
    session: { id: 's', record: undefined, update() {} },
    notify: ({ method }) => void heard.push(method),
  });
  return heard;
}

test('onChange hears every change of the app and of those it mounts, until it is stopped', () => {
  const child = createApp(info);
  const app = createApp(info).mount('child', child);
  const changes: Change[] = [];
  const stop = app.onChange((change) => void changes.push(change));
  app.add(tool('one')).disable(tool('one'));
  child.add(tool('two'));
  app.resourceUpdated('note://1');
  expect(changes).toEqual([
    { kind: 'tools' },
    { kind: 'tools' },
    { kind: 'tools' },
    { kind: 'resource', uri: 'note://1' },
  ]);
  stop();
  app.add(tool('three'));
  expect(changes).toHaveLength(4);
});

test('an announced change reaches clients, and not those who would pass it on again', async () => {
  const app = createApp(info);
  const heard = hear(app);
  const changes: Change[] = [];
  app.onChange((change) => void changes.push(change));
  app.announce({ kind: 'prompts' });
  await Promise.resolve();
  expect(heard).toEqual(['notifications/prompts/list_changed']);
  expect(changes).toEqual([]);
});
