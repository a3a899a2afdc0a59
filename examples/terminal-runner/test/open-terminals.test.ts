import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { silentLogger } from '@toolyard/core';
import { expect, onTestFinished, test } from 'vitest';
import { openTerminals } from '../src/terminals/open-terminals.ts';

test('after the trial nothing is open', async () => {
  const terminals = await openTerminals({ logger: silentLogger });
  onTestFinished(() => terminals.close());
  expect(terminals.list('trial')).toEqual([]);
});

test.each(['@lydell/node-pty', '@xterm/headless'])(
  'without %s a start says what to install',
  async (name) => {
    const source = new URL('../src/terminals/open-terminals.ts', import.meta.url);
    // The package is looked for where there is none; what follows is Node's own error.
    const script = `
    import { registerHooks } from 'node:module';
    registerHooks({
      resolve: (name, context, next) =>
        next(name, name === ${JSON.stringify(name)} ? { ...context, parentURL: 'file:///nowhere/x.js' } : context),
    });
    const { openTerminals } = await import(${JSON.stringify(source.href)});
    await openTerminals({ logger: console }).then(
      () => console.log('opened'),
      ({ code, message }) => console.log(code, message),
    );
  `;
    const args = ['--conditions=@toolyard/source', '--input-type=module', '-e', script];
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 15_000 });
    expect(stdout.trim()).toBe(
      'PEER_MISSING Terminals need the packages @lydell/node-pty and @xterm/headless: npm install @lydell/node-pty @xterm/headless',
    );
  },
);
