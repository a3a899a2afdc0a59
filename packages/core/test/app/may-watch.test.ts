import { expect, test } from 'vitest';
import { createApp, defineResource, type Principal } from '@toolyard/core';
import { createTestClient } from '@toolyard/core/testing';

const ann: Principal = { id: 'ann', scopes: [] };
const bob: Principal = { id: 'bob', scopes: [] };

function open() {
  const app = createApp({ name: 'notes', version: '1.0.0' }).add(
    defineResource({
      template: 'note://{owner}',
      read: ({ owner }) => owner,
      mayWatch: async ({ owner }, call) => owner === call.principal.id,
    }),
  );
  const connect = (as: Principal, era: 'modern' | 'legacy') => createTestClient(app, { as, era });
  return { app, connect };
}

const updated = 'notifications/resources/updated';

test('whoever may watch hears of a change, 2025', async () => {
  const { app, connect } = open();
  const client = connect(ann, 'legacy');
  await client.subscribe('note://ann');
  app.resourceUpdated('note://ann');
  expect(await client.waitFor(updated)).toMatchObject({ params: { uri: 'note://ann' } });
  await client.close();
});

test('to others it is as if there was nothing to watch, 2025', async () => {
  const { connect } = open();
  const client = connect(bob, 'legacy');
  await expect(client.subscribe('note://ann')).rejects.toThrow(/not found/i);
  await client.subscribe('note://bob');
  await client.close();
});

test('the acknowledgement names what somebody may watch, 2026', async () => {
  const { connect } = open();
  const client = connect(bob, 'modern');
  const stream = client.listen({ resourceSubscriptions: ['note://ann', 'note://bob'] });
  expect(await stream.acknowledged).toEqual({ resourceSubscriptions: ['note://bob'] });
  stream.close();
  await client.close();
});
