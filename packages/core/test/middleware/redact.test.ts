import { assert, pre, property, string } from 'fast-check';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import {
  createApp,
  definePrompt,
  defineResource,
  defineTool,
  image,
  local,
  ProtocolError,
  result,
  text,
  ToolError,
  type Call,
  type Exchange,
  type Middleware,
} from '../../src/index.ts';
import { redact } from '../../src/middleware/redact.ts';
import { findSlowness } from '../../src/redaction/linear.ts';
import { secretPatterns } from '../../src/redaction/patterns.ts';
import { redactor, type RedactOptions } from '../../src/redaction/redactor.ts';
import type { ServerNotification, ServerRequest } from '../../src/protocol/messages.ts';

const github = `ghp_${'a1B2'.repeat(9)}`;
const password = 'correct horse battery';

function appWith(run: (args: object, call: Call) => unknown, options: RedactOptions = {}) {
  const app = createApp({ name: 'demo', version: '1.0.0' }).use(redact(options));
  return app.add(defineTool({ name: 'leak', input: z.object({}).loose(), run: run as never }));
}

async function callLeak(run: (args: object, call: Call) => unknown, options?: RedactOptions): Promise<any> {
  const response = await appWith(run, options).dispatch(
    { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'leak' } },
    exchange(),
  );
  return response && ('result' in response ? response.result : response.error);
}

function exchange(more: Partial<Exchange> = {}): Exchange {
  return {
    transport: 'memory',
    era: 'legacy',
    protocolVersion: '2025-11-25',
    client: { capabilities: { elicitation: {} } },
    principal: local,
    signal: new AbortController().signal,
    notify() {},
    ...more,
  };
}

describe('results', () => {
  test('text loses its secrets and keeps the rest', async () => {
    const { content } = await callLeak(() => `the key is ${github}, keep it`);
    expect(content).toEqual([text('the key is [redacted], keep it')]);
  });

  test('a structured result keeps its form, and the text beside it says the same', async () => {
    const value = {
      user: 'ann',
      password: 'hunter2',
      pin: { token: 1234, valid: true },
      urls: [`https://x/?token=abcdef`],
    };
    const answer = await callLeak(() => value);
    const masked = {
      user: 'ann',
      password: '[redacted]',
      pin: { token: 0, valid: true },
      urls: ['https://x/?token=[redacted]'],
    };
    expect(answer.structuredContent).toEqual(masked);
    expect(JSON.parse(answer.content[0].text)).toEqual(masked);
  });

  test('a value that the handler keeps is not changed', async () => {
    const kept = { password: 'hunter2' };
    await callLeak(() => kept);
    expect(kept.password).toBe('hunter2');
  });

  test('a masked result still fits the output schema', async () => {
    const output = z.object({ password: z.string(), token: z.number(), tags: z.array(z.string()) });
    const tool = defineTool({
      name: 'typed',
      output,
      run: () => ({ password: 'hunter2', token: 7, tags: [github] }),
    });
    const app = createApp({ name: 'demo', version: '1.0.0' }).use(redact()).add(tool);
    const answer = await app.call(tool, {});
    expect(output.parse(answer)).toEqual({ password: '[redacted]', token: 0, tags: ['[redacted]'] });
  });

  test('everything under the name of a secret is masked, however deep', async () => {
    const { structuredContent } = await callLeak(() => ({
      credentials: { user: 'ann', all: ['one', { two: 'three' }] },
    }));
    expect(structuredContent).toEqual({
      credentials: { user: '[redacted]', all: ['[redacted]', { two: '[redacted]' }] },
    });
  });

  test('what becomes JSON later is looked at as JSON', async () => {
    const { structuredContent } = await callLeak(() =>
      result({ structuredContent: { url: new URL('https://ann:pa55word@x.org/') } }),
    );
    expect(structuredContent).toEqual({ url: 'https://ann:[redacted]@x.org/' });
  });

  test('base64 of pictures is left alone', async () => {
    const answer = await callLeak(() => image(`eyJhbGciOiJI.eyJzdWIiOiIx.abc`, 'image/png'));
    expect(answer.content[0].data).toBe('eyJhbGciOiJI.eyJzdWIiOiIx.abc');
  });

  test('prompts, resources and completions are masked too', async () => {
    const app = createApp({ name: 'demo', version: '1.0.0' })
      .use(redact({ secrets: [password] }))
      .add(
        definePrompt({ name: 'greet', run: () => `say ${password}` }),
        defineResource({ uri: 'file:///env', name: 'env', read: () => `DB_PASSWORD=hunter2\nHOME=/root` }),
      );
    const prompt = await app.dispatch(
      { jsonrpc: '2.0', id: 1, method: 'prompts/get', params: { name: 'greet' } },
      exchange(),
    );
    const resource = await app.dispatch(
      { jsonrpc: '2.0', id: 2, method: 'resources/read', params: { uri: 'file:///env' } },
      exchange(),
    );
    expect(prompt).toMatchObject({ result: { messages: [{ content: { text: 'say [redacted]' } }] } });
    expect(resource).toMatchObject({
      result: { contents: [{ text: 'DB_PASSWORD=[redacted]\nHOME=/root' }] },
    });
  });
});

async function ask(_: object, call: Call): Promise<string> {
  const schema = z.object({ password: z.string() });
  const answer = await call.requireInput('confirm', { message: `Use ${github}?`, schema });
  return answer.action;
}

describe('everything else a handler can send', () => {
  test('messages and data of errors', async () => {
    const failed = await callLeak(() => {
      throw new ToolError('LOGIN', `refused ${github}`, { data: { password: 'hunter2', user: 'ann' } });
    });
    expect(failed).toMatchObject({ isError: true, content: [{ text: 'refused [redacted]' }] });
    expect(failed['_meta']['toolyard/error']).toEqual({
      code: 'LOGIN',
      data: { password: '[redacted]', user: 'ann' },
    });

    const refused = await callLeak(() => {
      throw new ProtocolError(-31000, `no ${github}`, { code: 'NO' });
    });
    expect(refused).toEqual({ code: -31000, message: 'no [redacted]' });
  });

  test('log messages and progress', async () => {
    const sent: ServerNotification[] = [];
    const app = appWith((_, call) => {
      call.sendLog('info', { token: 'abc', note: `with ${github}` });
      call.progress({ progress: 1, message: `using ${github}` });
      return 'done';
    });
    const params = { name: 'leak', _meta: { progressToken: 7 } };
    const notify = (notification: ServerNotification) => void sent.push(notification);
    await app.dispatch({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }, exchange({ notify }));
    expect(sent.map(({ params: sentParams }) => sentParams)).toEqual([
      { level: 'info', data: { token: '[redacted]', note: 'with [redacted]' } },
      { progressToken: 7, progress: 1, message: 'using [redacted]' },
    ]);
  });

  test('questions, in both eras; the state of the 2026 round trip stays valid', async () => {
    const asked: unknown[] = [];
    const request = async (question: ServerRequest) => {
      asked.push(question.params);
      return { action: 'accept', content: { password: 'x' } };
    };
    await appWith(ask).dispatch(
      { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'leak' } },
      exchange({ request }),
    );
    expect(asked).toMatchObject([
      { message: 'Use [redacted]?', requestedSchema: { properties: { password: { type: 'string' } } } },
    ]);

    const app = appWith(ask);
    const modern = exchange({
      era: 'modern',
      protocolVersion: '2026-07-28',
      client: { capabilities: { elicitation: { form: {} } } },
    });
    const send = async (params: object): Promise<any> => {
      const response = await app.dispatch({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }, modern);
      return response && 'result' in response && response.result;
    };
    const first = await send({ name: 'leak' });
    expect(first.inputRequests.confirm.params.message).toBe('Use [redacted]?');
    const { requestState } = first;
    const inputResponses = { confirm: { action: 'accept', content: { password: 'x' } } };
    expect(await send({ name: 'leak', requestState, inputResponses })).toMatchObject({
      content: [{ text: 'accept' }],
    });
  });
});

describe('what counts as secret', () => {
  const mask = redactor({ secrets: [password] });
  const block = [
    '-----BEGIN RSA PRIVATE KEY-----',
    'Proc-Type: 4,ENCRYPTED',
    '',
    'MIIEow+/==',
    '-----END RSA PRIVATE KEY-----',
  ];
  const secret: [string, string][] = [
    ['a private key', block.join('\n')],
    ['a private key inside JSON', JSON.stringify({ note: block.join('\n') }).slice(9, -2)],
    ['a JSON Web Token', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dBjftJeZ4CVP'],
    ['a GitHub token', github],
    ['a fine-grained GitHub token', `github_pat_${'a1'.repeat(20)}`],
    ['an AWS key', 'AKIAIOSFODNN7EXAMPLE'],
    ['an OpenAI key', `sk-proj-${'Ab3_'.repeat(10)}`],
    ['a Slack token', 'xoxb-123456789012-abcdefghij'],
    ['a Stripe key', `sk_live_${'a1B2'.repeat(6)}`],
    ['a Google key', `AIza${'a'.repeat(35)}`],
    ['an exact value', password],
    ['an exact value in a URL', encodeURIComponent(password)],
    ['an exact value in base64', btoa(password)],
  ];
  test.each(secret)('%s', (_, value) => {
    expect(mask.text(`before ${value} after`)).toBe('before [redacted] after');
  });

  test('a private key without its end, with all that follows', () => {
    expect(mask.text('before -----BEGIN PRIVATE KEY-----\nMIIEow')).toBe('before [redacted]');
  });

  test.each([
    [
      'an authorization header',
      'Authorization: Bearer abcdef0123456789abcdef',
      'Authorization: Bearer [redacted]',
    ],
    ['a password in a URL', 'postgres://ann:s3cret@db/app', 'postgres://ann:[redacted]@db/app'],
    ['an environment file', 'export DB_PASSWORD="hunter2"', 'export DB_PASSWORD="[redacted]"'],
    ['a query', 'GET /x?a=1&access_token=abcd1234&b=2', 'GET /x?a=1&access_token=[redacted]&b=2'],
  ])('only the secret part of %s', (_, before, after) => {
    expect(mask.text(before)).toBe(after);
  });

  test.each([
    'a basic understanding of responsibilities',
    'const password = request.body.password;',
    'MAX_TOKENS=4096',
    'sk-loading-indicator-wrapper-element',
    'task-scheduling-and-more-things',
    '550e8400-e29b-41d4-a716-446655440000',
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    'https://example.org/a?page=2&sort=name#token',
    '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----',
  ])('not: %s', (harmless) => {
    expect(mask.text(harmless)).toBe(harmless);
  });

  test('names of properties match without case and separators, and only whole', () => {
    const value = { 'X-Api-Key': 'abc', nextPageToken: 'abc', API_KEY: 'abc', iban: 'DE12' };
    expect(mask.value(value, { keys: true })).toEqual({
      'X-Api-Key': '[redacted]',
      nextPageToken: 'abc',
      API_KEY: '[redacted]',
      iban: 'DE12',
    });
    expect(
      redactor({ keys: ['I-BAN'], builtIn: false }).value({ iban: 'DE12', token: 'x' }, { keys: true }),
    ).toEqual({
      iban: '[redacted]',
      token: 'x',
    });
  });

  test('nothing to mask gives back the same value', () => {
    const value = { a: [1, { b: 'c' }], d: null };
    expect(mask.value(value, { keys: true })).toBe(value);
  });

  test('a pattern of your own may keep its start, and works without the g flag', () => {
    const own = redactor({ patterns: [/(?<keep>EMP-)\d{6}/], replacement: '***' });
    expect(own.text('EMP-123456 EMP-654321')).toBe('EMP-*** EMP-***');
  });

  test('a replacement is no replacement pattern', () => {
    expect(redactor({ secrets: [password], replacement: '$&' }).text(password)).toBe('$&');
  });

  test('an exact secret never comes through', () => {
    assert(
      property(string({ minLength: 6 }), string(), string(), (value, before, after) => {
        pre(!/[[\]]/.test(value));
        const secrets = redactor({ secrets: [value], builtIn: false });
        expect(secrets.text(before + value + after)).not.toContain(value);
      }),
    );
  });
});

describe('time', () => {
  // Each repeats what a pattern begins or goes on with, so that a slow one would start over and over.
  const pieces = [
    '-----BEGIN PRIVATE KEY-----',
    '-----BEGIN A PRIVATE KEY-----a-',
    '-',
    'eyJ',
    'eyJaaaaaaaaa.',
    'bearer ',
    'basic aaaaaaaaaaaaaaaaaaaa ',
  ];
  pieces.push(
    'ghp_',
    'sk-',
    'sk-a',
    'a://',
    'a://b:c',
    'a',
    'A_',
    'A_PASSWORD',
    'PASSWORD=',
    '?token=',
    '&sig=',
    'xoxb-',
    'SG.',
    'SG.aaaaaaaaaaaaaaaaaaaa.',
    'AccountKey=',
    'ya29.',
    'AKIA',
    ' ',
    '"',
    'a:',
    ':@',
  );

  test.each(pieces)('no built-in pattern is slow on %j repeated', (piece) => {
    const elapsed = (size: number) => {
      const hostile = piece.repeat(size / piece.length);
      const started = performance.now();
      for (const { pattern } of secretPatterns) hostile.replace(pattern, '');
      return performance.now() - started;
    };
    elapsed(10_000);
    const small = Math.min(...[1, 2, 3].map(() => elapsed(50_000)));
    const large = Math.min(...[1, 2, 3].map(() => elapsed(400_000)));
    // Eight times the text: linear takes 8 times as long, quadratic 64 times.
    expect(large).toBeLessThan(Math.max(small * 24, 30));
  });

  test('patterns that could take exponential time are refused', () => {
    expect(findSlowness(/(a+)+b/)).toBeDefined();
    expect(findSlowness(/((?:ab*)c){2,}/)).toBeDefined();
    expect(findSlowness(/(a)\1/)).toBeDefined();
    expect(findSlowness(/(?<x>a)\k<x>/)).toBeDefined();
    expect(findSlowness(/[(+)*]+\(+(a{1,5})+/)).toBeUndefined();
    expect(() => redact({ patterns: [/(\w+\s?)+$/] })).toThrow('too slow');
    expect(() => redact({ patterns: [/x*/] })).toThrow('must not match nothing');
    for (const { pattern } of secretPatterns) expect(findSlowness(pattern)).toBeUndefined();
  });
});

test('short secrets are refused, and not printed', () => {
  expect(() => redact({ secrets: ['abc12'] })).toThrow(/^secrets must have at least 6 characters each\.$/);
});

test('a redact in a mounted app adds to that of the app around it', async () => {
  const child = createApp({ name: 'child', version: '1.0.0' }).use(redact({ secrets: ['inner-secret'] }));
  child.add(defineTool({ name: 'say', run: () => 'inner-secret outer-secret' }));
  const app = createApp({ name: 'demo', version: '1.0.0' })
    .use(redact({ secrets: ['outer-secret'] }))
    .mount('c', child);
  expect(await app.call('c_say')).toBe('[redacted] [redacted]');
});

test('is a named middleware', () => {
  expect(redact().name).toBe('maskSecrets');
  expectTypeOf(redact()).toEqualTypeOf<Middleware>();
});
