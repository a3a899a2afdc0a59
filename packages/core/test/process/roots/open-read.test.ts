import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { renameSync, symlinkSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { code, openPlaces, ways } from './places.ts';

const binary = Buffer.from(Array.from({ length: 300_000 }, (_byte, index) => (index * 7) % 256));
const sha256 = (content: string | Uint8Array) => createHash('sha256').update(content).digest('hex');

/** What a program makes of the file as its standard input. */
async function through(command: string[], stdin: number | Readable): Promise<Buffer> {
  const child = spawn(command[0]!, command.slice(1), {
    stdio: [typeof stdin === 'number' ? stdin : 'pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const closed = once(child, 'close');
  if (typeof stdin !== 'number') await pipeline(stdin, child.stdin!);
  const chunks = (await child.stdout!.toArray()) as Buffer[];
  await closed;
  return Buffer.concat(chunks);
}

describe.each(ways)('%s', (_, platform) => {
  const begin = (options = {}) => openPlaces({ platform, ...options });

  test('a program reads the whole file, whatever its size and content', async () => {
    const { files, root } = await begin({ limits: { maxReadBytes: 100, maxWriteBytes: 100 } });
    writeFileSync(join(root, 'binary'), binary);
    writeFileSync(join(root, 'empty'), '');
    await using reader = await files.openRead('binary');
    expect(reader).toMatchObject({ path: 'binary', sizeBytes: binary.length });
    expect(await through(['cat'], reader.fd)).toEqual(binary);
    await using empty = await files.openRead('empty');
    expect(await through(['cat'], empty.fd)).toEqual(Buffer.alloc(0));
    await using again = await files.openRead('binary');
    expect(sha256(await through(['cat'], again.stream()))).toBe(sha256(binary));
    truncateSync(join(root, 'binary'), 1024 ** 3);
    await using large = await files.openRead('binary');
    expect(large.sizeBytes).toBe(1024 ** 3);
    expect(String(await through(['wc', '-c'], large.fd)).trim()).toBe(String(1024 ** 3));
  });

  test('the descriptor is for reading alone, and can be shared with programs one after the other', async () => {
    const { files, root } = await begin();
    writeFileSync(join(root, 'a'), 'one\ntwo\n');
    await using reader = await files.openRead(join(root, 'a'));
    expect(() => writeSync(reader.fd, 'x')).toThrow(code('EBADF'));
    expect(String(await through(['sh', '-c', 'read line; echo "$line"'], reader.fd))).toBe('one\n');
    expect(String(await through(['cat'], reader.fd))).toBe('two\n');
  });

  test('what was opened stays what it is when the name is taken by something else', async () => {
    const { files, root, outside } = await begin();
    writeFileSync(join(root, 'a'), 'mine');
    await using reader = await files.openRead('a');
    renameSync(join(root, 'a'), join(root, 'b'));
    symlinkSync(join(outside, 'secret'), join(root, 'a'));
    expect(String(await through(['cat'], reader.fd))).toBe('mine');
  });

  test('follows links within the roots, from a directory of the caller', async () => {
    const { files, root, reference } = await begin();
    writeFileSync(join(reference, 'b'), 'from ref');
    symlinkSync(join(reference, 'b'), join(root, 'alias'));
    await using reader = await files.openRead('alias');
    expect(reader.path).toBe('ref:b');
    await using other = await files.openRead('b', { cwd: 'ref:' });
    expect(String(await through(['cat'], other.fd))).toBe('from ref');
  });

  test('a closed reader has no descriptor any more', async () => {
    const { files, root } = await begin({ limits: { maxOpenFiles: 1 } });
    writeFileSync(join(root, 'a'), 'x'.repeat(1_000_000));
    const reader = await files.openRead('a');
    await reader.close();
    await reader.close();
    expect(reader.fd).toBe(-1);
    const second = await files.openRead('a');
    const stream = second.stream();
    await once(stream, 'readable');
    await second.close();
    await expect(stream.toArray()).rejects.toThrow(/premature/i);
    const third = await files.openRead('a');
    expect(((await third.stream().toArray()) as Buffer[]).reduce((sum, { length }) => sum + length, 0)).toBe(
      1_000_000,
    );
    expect(third.fd).toBe(-1);
    expect((await files.openRead('a')).fd).toBeGreaterThan(2);
    await files.close();
  });

  test('only so many are open at a time, and none after the roots are closed', async () => {
    const { files, root } = await begin({ limits: { maxOpenFiles: 2 } });
    writeFileSync(join(root, 'a'), 'x');
    const attempts = await Promise.allSettled(Array.from({ length: 5 }, () => files.openRead('a')));
    const readers = attempts.flatMap((attempt) => (attempt.status === 'fulfilled' ? [attempt.value] : []));
    expect(readers).toHaveLength(2);
    await expect(files.openRead('a')).rejects.toThrow(code('TOO_MANY_FILES'));
    await readers[0]!.close();
    await expect(files.openRead('none')).rejects.toThrow(code('PATH_NOT_FOUND'));
    await expect(files.openRead('.env')).rejects.toThrow(code('PROTECTED_NAME'));
    const opening = files.openRead('a');
    await files.close();
    const late = await opening;
    expect([readers[1]!.fd, late.fd]).toEqual([-1, -1]);
    await expect(files.openRead('a')).rejects.toThrow('shutting down');
  });

  test('gives up when its signal aborts, and says what is missing', async () => {
    const { files, root } = await begin();
    writeFileSync(join(root, 'a'), 'x');
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(files.openRead('a', { signal })).rejects.toThrow('enough');
    await expect(files.openRead('none')).rejects.toThrow(code('PATH_NOT_FOUND'));
    await expect(files.openRead('a/x')).rejects.toThrow(code('NOT_A_DIRECTORY'));
    await expect(files.openRead('../outside/secret')).rejects.toThrow(code('PATH_OUTSIDE_ROOT'));
  });
});

test.runIf(process.platform === 'linux')(
  'a program does not inherit that its input must not wait',
  async () => {
    const { files, root } = await openPlaces();
    writeFileSync(join(root, 'a'), 'x');
    await using reader = await files.openRead('a');
    const facts = String(await through(['cat', '/proc/self/fdinfo/0'], reader.fd));
    const flags = Number.parseInt(/flags:\s+(\d+)/.exec(facts)![1]!, 8);
    const [accessModes, nonBlocking] = [0o3, 0o4000];
    expect(flags & (accessModes | nonBlocking)).toBe(0);
  },
);
