import { describe, expect, test } from 'vitest';
import { definePrompt, defineResource, defineTool } from '../../src/index.ts';
import { testApp } from '../helpers.ts';

const run = () => 'done';

describe('names of tools and prompts', () => {
  test.each(['a', 'disk_usage', 'Disk-Usage-2', '__proto__', 'constructor', 'x'.repeat(64)])(
    '%s is a name',
    (name) => {
      expect(defineTool({ name, run }).name).toBe(name);
      expect(definePrompt({ name, run }).name).toBe(name);
    },
  );

  test.each(['', 'x'.repeat(65), 'disk usage', 'disk.usage', 'disk/usage', 'größe', 'a\n', '"'])(
    '%j is refused where it is written',
    (name) => {
      const refusal = expect.objectContaining({
        code: 'INVALID_NAME',
        message: expect.stringContaining(JSON.stringify(name)),
      });
      expect(() => defineTool({ name, run })).toThrow(refusal);
      expect(() => definePrompt({ name, run })).toThrow(refusal);
    },
  );

  test('names of the object prototype are names like any other', async () => {
    const app = testApp().add(
      defineTool({ name: '__proto__', run }),
      defineTool({ name: 'constructor', run }),
    );
    expect((await app.list('tools')).map(({ name }) => name)).toEqual(['__proto__', 'constructor']);
    expect(await app.call('__proto__')).toBe('done');
    await expect(app.call('toString')).rejects.toMatchObject({ rpcCode: -32602 });
  });

  test('a second tool of the same name is refused, and the first stays', async () => {
    const app = testApp().add(defineTool({ name: 'twin', run: () => 'first' }));
    expect(() => app.add(defineTool({ name: 'twin', run: () => 'second' }))).toThrow(
      expect.objectContaining({ code: 'NAME_TAKEN', message: expect.stringContaining('"twin"') }),
    );
    expect(await app.call('twin')).toBe('first');
  });

  test('a tool and a prompt may share a name', () => {
    expect(() =>
      testApp().add(defineTool({ name: 'review', run }), definePrompt({ name: 'review', run })),
    ).not.toThrow();
  });

  test('two resources of one URI are refused', () => {
    const resource = defineResource({ uri: 'note://1', read: run });
    expect(() => testApp().add(resource, resource)).toThrow(expect.objectContaining({ code: 'NAME_TAKEN' }));
  });
});

describe('definitions', () => {
  test('are frozen values that any number of apps can serve', async () => {
    const tool = defineTool({ name: 'shared', run });
    const prompt = definePrompt({ name: 'shared', run });
    const resource = defineResource({ uri: 'note://1', read: run });
    for (const definition of [tool, prompt, resource]) expect(Object.isFrozen(definition)).toBe(true);
    const apps = [testApp().add(tool, prompt, resource), testApp().add(tool, prompt, resource)];
    for (const app of apps) expect(await app.call(tool)).toBe('done');
  });

  test('a timeout of a tool has to be above 0', () => {
    for (const timeoutMs of [0, -1, Number.NaN]) {
      expect(() => defineTool({ name: 'slow', timeoutMs, run })).toThrow(
        expect.objectContaining({ code: 'INVALID_TIMEOUT' }),
      );
    }
  });

  test.each(['timeoutMs', 'inputTimeoutMs', 'pageSize', 'maxSubscriptions'])(
    'the app option %s has to be above 0',
    (option) => {
      expect(() => testApp({ [option]: 0 })).toThrow(
        expect.objectContaining({ code: 'INVALID_OPTION', option }),
      );
      expect(() => testApp({ [option]: Number.NaN })).toThrow(
        expect.objectContaining({ code: 'INVALID_OPTION', option }),
      );
    },
  );

  test('an app has a name and a version', () => {
    expect(() => testApp({ name: '' })).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
    expect(() => testApp({ version: '' })).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
  });

  test('a secret has at least 32 characters', () => {
    expect(() => testApp({ secrets: ['x'.repeat(31)] })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', option: 'secrets' }),
    );
    expect(() => testApp({ secrets: ['x'.repeat(32)] })).not.toThrow();
  });
});
