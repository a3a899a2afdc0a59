import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openSafeRoots } from '../../../src/process/roots/safe-roots.ts';
import {
  createVirtualExecutor,
  type VirtualExecutor,
  type VirtualExecutorOptions,
  type VirtualExit,
  type VirtualRunOptions,
} from '../../../src/process/virtual/virtual-executor.ts';

/** A root `ws` with these files, a read-only root `ref`, and a directory outside with a secret. */
export async function open(
  files: Readonly<Record<string, string | Uint8Array>> = {},
  options: Partial<VirtualExecutorOptions> = {},
) {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'toolyard-virtual-')));
  onTestFinished(() => rmSync(base, { recursive: true, force: true }));
  const [root, reference, outside] = ['root', 'reference', 'outside'].map((name) => join(base, name)) as [
    string,
    string,
    string,
  ];
  for (const directory of [root, reference, outside]) mkdirSync(directory);
  writeFileSync(join(outside, 'secret'), 'sesame');
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  const roots = await openSafeRoots({
    roots: [
      { name: 'ws', path: root, writable: true },
      { name: 'ref', path: reference },
    ],
  });
  const executor = createVirtualExecutor({ roots, writes: 'discard', ...options });
  onTestFinished(async () => {
    await executor.close();
    await roots.close();
  });
  return { root, reference, outside, roots, executor, sh: shellOf(executor) };
}

/** Runs a line and gives its end with the text of its streams. */
export function shellOf(executor: VirtualExecutor) {
  return async (line: string, options: Partial<VirtualRunOptions> = {}) =>
    withText(await executor.run({ line }, { owner: 'local', ...options }));
}

/** An end with the text of its streams, as far as it was kept. */
export function withText(exit: VirtualExit) {
  const { stdout, stderr } = exit.output;
  return { ...exit, stdout: stdout.head + stdout.tail, stderr: stderr.head + stderr.tail };
}
