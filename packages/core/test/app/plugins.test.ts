import { describe, expect, test } from 'vitest';
import { definePlugin, defineTool, type Call } from '../../src/index.ts';
import { recordingLogger, testApp } from '../helpers.ts';

const named = (name: string, requires: string[] = []) => definePlugin({ name, requires, install: () => {} });

describe('a plugin', () => {
  test('brings tools, middleware, listeners and protocol methods as one unit', async () => {
    const heard: string[] = [];
    const kit = definePlugin({
      name: 'kit',
      install(app, { greeting }: { greeting: string }) {
        app.add(defineTool({ name: 'greet', run: () => greeting }));
        app.use(async (_call, next) => next());
        app.on('toolCalled', ({ call }) => void heard.push(call.tool?.name ?? ''));
      },
    });
    const app = testApp().install(kit, { greeting: 'Hello' });
    expect(await app.call('greet')).toBe('Hello');
    expect(heard).toEqual(['greet']);
  });

  test('is a frozen value', () => {
    expect(Object.isFrozen(named('a'))).toBe(true);
  });

  test('gives what its middleware adds to tools that are added after it', async () => {
    const clockwork = definePlugin<void, { startedAt: number }>({
      name: 'clockwork',
      install: (app) =>
        void app.use(async (call, next) => next({ context: { startedAt: call.clock.now() } })),
    });
    const when = defineTool({
      name: 'when',
      run: (_args, call: Call<{ startedAt: number }>) => call.context.startedAt,
    });
    const clock = {
      now: () => 7,
      monotonic: () => 7,
      after: () => ({ cancel() {} }),
      timeout: () => ({ signal: new AbortController().signal, [Symbol.dispose]() {} }),
    };
    expect(await testApp({ clock }).install(clockwork).add(when).call(when)).toBe(7);
  });

  test('waits for the plugins it requires', () => {
    expect(() => testApp().install(named('audit', ['sessions', 'users']))).toThrow(
      expect.objectContaining({
        code: 'PLUGIN_MISSING',
        message: expect.stringContaining('sessions, users'),
      }),
    );
    expect(() =>
      testApp()
        .install(named('sessions'))
        .install(named('audit', ['sessions'])),
    ).not.toThrow();
  });

  test('is installed once per app', () => {
    const app = testApp().install(named('audit'));
    expect(() => app.install(named('audit'))).toThrow(expect.objectContaining({ code: 'PLUGIN_TWICE' }));
    expect(() => testApp().install(named('audit'))).not.toThrow();
  });

  test('whose installation fails is not installed', () => {
    let broken = true;
    const flaky = definePlugin({
      name: 'flaky',
      install() {
        if (broken) throw new Error('The disk is full.');
      },
    });
    const app = testApp();
    expect(() => app.install(flaky)).toThrow('The disk is full.');
    expect(() => app.install(named('other', ['flaky']))).toThrow(
      expect.objectContaining({ code: 'PLUGIN_MISSING' }),
    );
    broken = false;
    expect(() => app.install(flaky)).not.toThrow();
  });
});

describe('start and close', () => {
  test('run what plugins registered: start in order, close in reverse', async () => {
    const trace: string[] = [];
    const part = (name: string) =>
      definePlugin({
        name,
        install(app) {
          app
            .onStart(async () => void trace.push(`start ${name}`))
            .onClose(async () => void trace.push(`close ${name}`));
        },
      });
    const app = testApp().install(part('a')).install(part('b'));
    expect(trace).toEqual([]);
    expect(await app.start()).toBe(app);
    await app.start();
    await app.close();
    await app.close();
    expect(trace).toEqual(['start a', 'start b', 'close b', 'close a']);
  });

  test('a part that cannot be closed does not keep the others open', async () => {
    const logger = recordingLogger();
    const trace: string[] = [];
    const app = testApp({ logger })
      .onClose(() => void trace.push('first'))
      .onClose(() => {
        throw new Error('stuck');
      })
      .onClose(async () => Promise.reject(new Error('stuck too')));
    await app.close();
    expect(trace).toEqual(['first']);
    expect(logger.lines.map(({ fields }) => String(fields['err']))).toEqual([
      'Error: stuck too',
      'Error: stuck',
    ]);
  });

  test('a part that cannot start tells whoever starts the app', async () => {
    const app = testApp().onStart(() => Promise.reject(new Error('no port')));
    await expect(app.start()).rejects.toThrow('no port');
  });
});
