import { createApp, defineTool } from '@toolyard/core';
import { describe, expect, test } from 'vitest';

import { challenge, type Authenticate } from '../../src/index.ts';
import { serve } from '../helpers.ts';
import { ERAS, managed } from './managed.ts';

const open = defineTool({ name: 'open', run: () => 'open' });
const secret = defineTool({ name: 'secret', access: { scopes: ['vault:read'] }, run: () => 'secret' });

/** Accepts tokens of the form `version scope…`, of the present version alone. */
function versioned() {
  const state = { version: 1 };
  const auth: Authenticate = (request) => {
    const [, token = ''] = (request.header('authorization') ?? '').split('Bearer ');
    const [version, ...scopes] = token.split('+');
    if (Number(version) !== state.version) return challenge({ status: 401, error: 'invalid_token' });
    return { id: 'ada', roles: [], scopes };
  };
  return { state, auth };
}

describe.each(ERAS)('era %s', (era) => {
  test('a refused token is renewed once for all calls that were refused with it', async () => {
    const { state, auth } = versioned();
    const { url } = await serve(createApp({ name: 'demo', version: '1.0.0' }).add(open), { auth });
    let token = '1';
    let refreshed = 0;
    const client = managed({
      url,
      era,
      auth: {
        token: () => token,
        refresh: async () => {
          refreshed += 1;
          await Promise.resolve();
          token = String(state.version);
        },
      },
    });
    await client.call('open');
    state.version = 2;
    const results = await client.callMany(Array.from({ length: 10 }, () => ({ tool: 'open' })));
    expect(results.every(({ ok }) => ok)).toBe(true);
    expect(refreshed).toBe(1);
    expect(client.statistics().connection.tokenRefreshes).toBe(1);
  });

  test('missing scopes are asked for, once', async () => {
    const { auth } = versioned();
    const { url } = await serve(createApp({ name: 'demo', version: '1.0.0' }).add(open, secret), { auth });
    let token = '1';
    const asked: (readonly string[])[] = [];
    const client = managed({
      url,
      era,
      auth: {
        token: () => token,
        stepUp: (scopes) => {
          asked.push(scopes);
          token = `1+${scopes.join('+')}`;
        },
      },
    });
    await client.call('open');
    const results = await client.callMany(Array.from({ length: 5 }, () => ({ tool: 'secret' })));
    expect(results.map((result) => result.ok && result.value.content[0])).toEqual(
      Array.from({ length: 5 }, () => ({ type: 'text', text: 'secret' })),
    );
    expect(asked).toEqual([['vault:read']]);
  });

  test('without a way to get a good token, calls fail at once and connecting is not tried for ever', async () => {
    const { auth } = versioned();
    const { url } = await serve(createApp({ name: 'demo', version: '1.0.0' }).add(open), { auth });
    const client = managed({ url, era, auth: { token: () => 'bad' } });
    await expect(client.call('open')).rejects.toMatchObject({ code: 'UNAUTHORIZED', mayHaveRun: false });
    expect(client.state).toMatchObject({ status: 'offline', retryAt: undefined });
    expect(client.statistics().connection.failed).toBe(1);
    await expect(client.call('open')).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
  });

  test('errors do not contain the token', async () => {
    const { auth } = versioned();
    const { url } = await serve(createApp({ name: 'demo', version: '1.0.0' }).add(open, secret), { auth });
    const client = managed({ url, era, auth: { token: () => '1+canary' } });
    const error: unknown = await client.call('secret').catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'FORBIDDEN', scopes: ['vault:read'] });
    const { inspect } = await import('node:util');
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain('canary');
  });
});
