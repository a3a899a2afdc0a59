// Two people with keys of their own on one server: neither sees, ends or feeds what the other one runs.
import type { Client } from '@modelcontextprotocol/client';
import { beforeAll, expect, test } from 'vitest';
import { temporaryDirectory } from '../e2e/at-end.ts';
import { connectHttp, eras } from '../e2e/clients.ts';
import { startHttp } from '../e2e/terminal.ts';
import { attempt } from './attempts.ts';
import { createPlayground } from './playground.ts';

const playground = createPlayground();
const KEYS = ['key-of-ann-0123456789', 'key-of-bob-0123456789'] as const;
let url: string;
beforeAll(async () => {
  const settings = ['--profile', 'dev', '--sandbox', 'none', '--data', temporaryDirectory()];
  const keys = { TOOLYARD_API_KEY: KEYS.join(',') };
  ({ url } = await startHttp([...settings, ...playground.roots], { env: keys }));
});

test('without a key of theirs nobody gets in', async () => {
  await expect(connectHttp(url)).rejects.toThrow(/401|unauthorized|key/i);
  await expect(connectHttp(url, eras[0][1], 'key-of-eve-0123456789')).rejects.toThrow(
    /401|unauthorized|key/i,
  );
});

test.each(eras)(
  '%s: ids of another person are unknown ids',
  async (_era, mode) => {
    const ann = await connectHttp(url, mode, KEYS[0]);
    const bob = await connectHttp(url, mode, KEYS[1]);
    const started = await attempt(ann, 'start', { program: 'tail', args: ['-f', 'README.md'] });
    const { id } = started.data as { id: string };
    const { data: long } = await attempt(ann, 'run', { program: 'cat', args: ['big.txt'] });
    const { outputId } = long as { outputId: string };
    expect(outputId).toEqual(expect.any(String));

    const unknown = 'f'.repeat(id.length);
    const ways: [string, (of: string) => Record<string, unknown>][] = [
      ['wait', (of) => ({ id: of, until: 'idle', idleMs: 1 })],
      ['send_input', (of) => ({ id: of, text: 'x' })],
      ['signal', (of) => ({ id: of, signal: 'SIGKILL' })],
      ['kill', (of) => ({ id: of })],
      ['read_output', (of) => ({ id: of })],
      ['read_output', (of) => ({ id: of, search: 'line' })],
    ];
    for (const [tool, args] of ways) {
      const foreign = await attempt(bob, tool, args(id));
      const missing = await attempt(bob, tool, args(unknown));
      expect({ tool, isError: foreign.isError }).toEqual({ tool, isError: true });
      expect(without(foreign.text, id)).toBe(without(missing.text, unknown));
    }
    expect((await attempt(bob, 'read_output', { id: outputId })).code).toBe('ARTIFACT_NOT_FOUND');
    for (const each of [id, outputId])
      await expect(bob.readResource({ uri: `artifact://${each}` })).rejects.toThrow(/not found/i);
    expect(await uris(bob)).not.toContain(`artifact://${id}`);
    expect(await uris(ann)).toContain(`artifact://${id}`);
    expect((await attempt(bob, 'list_processes', {})).data).toEqual({ processes: [] });
    expect((await attempt(ann, 'list_processes', {})).text).toContain(id);

    const state = await attempt(ann, 'wait', { id, until: 'idle', idleMs: 1 });
    expect(state.data).toMatchObject({ status: 'running' });
    expect((await attempt(ann, 'kill', { id })).data).toMatchObject({ status: 'exited' });
  },
  60_000,
);

test('a subscription to what another person runs tells nothing', async () => {
  const ann = await connectHttp(url, 'legacy', KEYS[0]);
  const bob = await connectHttp(url, 'legacy', KEYS[1]);
  const { data } = await attempt(ann, 'start', { program: 'tail', args: ['-f', 'README.md'] });
  const { id } = data as { id: string };
  const heard: string[] = [];
  bob.setNotificationHandler('notifications/resources/updated', ({ params }) => void heard.push(params.uri));
  await bob.subscribeResource({ uri: `artifact://${id}` }).catch(() => {});
  playground.file('README.md', `# Project\n${'more\n'.repeat(50)}`);
  await attempt(ann, 'wait', { id, until: 'match', pattern: 'more', timeoutMs: 5_000 });
  await attempt(ann, 'kill', { id });
  await attempt(bob, 'run', { program: 'sleep', args: ['1'] });
  expect(heard).toEqual([]);
}, 60_000);

/** A text that does not depend on the id. */
function without(text: string, id: string): string {
  return text.replaceAll(id, 'ID');
}

async function uris(client: Client): Promise<string[]> {
  const { resources } = await client.listResources();
  return resources.map(({ uri }) => uri);
}
