import type { Clock } from '../../clock.ts';
import { fakeClock, type FakeClock } from '../../testing/fake-clock.ts';
import type { StoreTestApi } from '../../testing/store-contract.ts';
import type { ArtifactChange, ArtifactStore } from './artifact-store.ts';

/** Gives a new, empty store. */
export type CreateArtifactStore = (options: ArtifactTestLimits) => ArtifactStore | Promise<ArtifactStore>;

/** What the store is to be made with; what is missing is up to the driver. */
export interface ArtifactTestLimits {
  readonly clock: Clock;
  readonly ttlMs: number;
  readonly maxBytes?: number;
  readonly maxBytesPerOwner?: number;
  readonly maxArtifacts?: number;
  readonly maxArtifactsPerOwner?: number;
}

/** Files to be adopted. */
export interface ArtifactTestFiles {
  /** A new file with this text. */
  write(text: string): Promise<string>;
  exists(path: string): Promise<boolean>;
}

const TTL_MS = 60_000;

/**
 * Checks a driver against the contract of {@link ArtifactStore}, with your test runner.
 *
 * @param name - becomes the title of the tests.
 * @param create - gives a new, empty store each time. The suite closes it; remove files in an `afterEach` of your own.
 * @param files - makes files that the store can take over.
 * @param api - `{ describe, test, expect }` of Vitest, or of a runner with the same three.
 *
 * @example
 * ```ts
 * import { mkdtemp, stat, writeFile } from 'node:fs/promises';
 * import { join } from 'node:path';
 * import { fileArtifactStore } from '@toolyard/core/process';
 * import { testArtifactStore } from '@toolyard/core/testing';
 * import { describe, expect, test } from 'vitest';
 *
 * const directory = await mkdtemp('/tmp/artifacts-');
 * let count = 0;
 * const files = {
 *   async write(text: string) {
 *     const path = join(directory, `file-${count++}`);
 *     await writeFile(path, text);
 *     return path;
 *   },
 *   exists: (path: string) => stat(path).then(() => true, () => false),
 * };
 * testArtifactStore(
 *   'fileArtifactStore',
 *   (options) => fileArtifactStore({ directory: join(directory, `store-${count++}`), ...options }),
 *   files,
 *   { describe, test, expect },
 * );
 * ```
 */
export function testArtifactStore(
  name: string,
  create: CreateArtifactStore,
  files: ArtifactTestFiles,
  api: StoreTestApi,
): void {
  const { describe, expect } = api;

  /** One test with a store of its own. */
  function test(
    title: string,
    body: (store: ArtifactStore, time: FakeClock) => Promise<void>,
    limits: Partial<ArtifactTestLimits> = {},
  ) {
    api.test(title, async () => {
      const time = fakeClock();
      const store = await create({ clock: time, ttlMs: TTL_MS, ...limits });
      try {
        await body(store, time);
      } finally {
        await store.close();
      }
    });
  }

  describe(`${name} keeps the ArtifactStore contract`, () => {
    describe('writing', () => {
      test('what was written can be read, also while it grows', async (store) => {
        const writer = await store.create('ann', { name: 'a log', mimeType: 'text/markdown' });
        await writer.write('one\n');
        expect(await textOf(store, writer.id)).toBe('one\n');
        const first = await store.read('ann', writer.id);
        expect([first.next, first.info.isComplete]).toEqual([4, false]);
        await Promise.all([writer.write('two\n'), writer.write(new TextEncoder().encode('thrée'))]);
        expect((await store.read('ann', writer.id, { from: 4 })).text).toBe('two\nthrée');
        const info = await writer.end();
        expect([info.name, info.mimeType, info.bytes, info.lines, info.isComplete]).toEqual([
          'a log',
          'text/markdown',
          14,
          3,
          true,
        ]);
        expect((await store.read('ann', writer.id)).next).toBe(undefined);
        expect(await codeOf(writer.write('more'))).toBe('ARTIFACT_ENDED');
        expect((await writer.end()).bytes).toBe(14);
      });

      test('an empty artifact is one', async (store) => {
        const id = await put(store, '');
        const { text, next, info } = await store.read('ann', id);
        expect([text, next, info.lines, info.bytes]).toEqual(['', undefined, 0, 0]);
      });

      test('listeners hear of growth, completion and the end', async (store) => {
        const heard: ArtifactChange[] = [];
        const stop = store.onChange((change) => heard.push(change));
        const id = await put(store, 'text');
        await store.delete('ann', id);
        stop();
        await put(store, 'unheard');
        expect(heard).toEqual([
          { kind: 'grown', owner: 'ann', id },
          { kind: 'completed', owner: 'ann', id },
          { kind: 'removed', owner: 'ann', id },
        ]);
      });

      test('a listener that throws harms nobody', async (store) => {
        store.onChange(() => {
          throw new Error('no');
        });
        expect(await textOf(store, await put(store, 'text'))).toBe('text');
      });
    });

    describe('owners', () => {
      test('to others an artifact does not exist', async (store) => {
        const id = await put(store, 'mine');
        const foreign = await failureOf(store.read('bob', id));
        const unknown = await failureOf(store.read('bob', id.split('').toReversed().join('')));
        expect(foreign.code).toBe('ARTIFACT_NOT_FOUND');
        expect(foreign.message.replace(id, '')).toBe(unknown.message.replace(/"[^"]*"/, '""'));
        expect(await codeOf(store.info('bob', id))).toBe('ARTIFACT_NOT_FOUND');
        expect(await codeOf(store.search('bob', id, { text: 'mine' }))).toBe('ARTIFACT_NOT_FOUND');
        await store.delete('bob', id);
        expect(await store.list('bob')).toEqual([]);
        expect((await store.list('ann')).map((info) => info.id)).toEqual([id]);
        expect(await textOf(store, id)).toBe('mine');
      });

      test('ids are long and never the same', async (store) => {
        const ids = await Promise.all(Array.from({ length: 20 }, () => put(store, 'x')));
        expect(new Set(ids).size).toBe(20);
        expect(ids.every((id) => /^[\w-]{20,64}$/.test(id))).toBe(true);
      });

      test('hostile ids are not found', async (store) => {
        for (const id of ['', '.', '../x', '/etc/passwd', '__proto__', 'a\0b', 'x'.repeat(100_000)]) {
          const { code, message } = await failureOf(store.read('ann', id));
          expect(code).toBe('ARTIFACT_NOT_FOUND');
          expect(message.length < 200).toBe(true);
        }
      });
    });

    describe('ranges', () => {
      test('parts by bytes join to the whole and never cut a character', async (store) => {
        const text = 'aé你😀\n'.repeat(50);
        const id = await put(store, text);
        for (const bytes of [1, 8, 9, 10, 11, 13, 64, 10_000]) {
          let joined = '';
          let from: number | undefined = 0;
          while (from !== undefined) {
            const part = await store.read('ann', id, { from, bytes });
            expect(part.from).toBe(from);
            expect(part.text.includes('\uFFFD')).toBe(false);
            joined += part.text;
            from = part.next;
          }
          expect(joined).toBe(text);
        }
      });

      test('a range that starts inside a character starts after it', async (store) => {
        const id = await put(store, '你好');
        const { text, from } = await store.read('ann', id, { from: 1 });
        expect([text, from]).toEqual(['好', 3]);
      });

      test('a character that has come in half waits for its rest', async (store) => {
        const writer = await store.create('ann');
        await writer.write(new Uint8Array([0x61, 0xe4, 0xbd]));
        const { text, next } = await store.read('ann', writer.id);
        expect([text, next]).toEqual(['a', 1]);
        await writer.write(new Uint8Array([0xa0]));
        expect((await store.read('ann', writer.id, { from: next })).text).toBe('你');
      });

      test('bytes that are no text come as they are', async (store) => {
        const bytes = new Uint8Array([0xff, 0x80, 0x00, 0x80, 0xe4]);
        const id = await put(store, bytes, 'ann', 'image/png');
        expect([...(await store.read('ann', id)).data]).toEqual([...bytes]);
        expect([...(await store.read('ann', id, { from: 1 })).data]).toEqual([...bytes].slice(1));
      });

      test('bytes that claim to be text come to an end', async (store) => {
        const id = await put(store, new Uint8Array(100).fill(0x80));
        let parts = 0;
        let from: number | undefined = 0;
        while (from !== undefined && parts < 100) {
          ({ next: from } = await store.read('ann', id, { from, bytes: 8 }));
          parts += 1;
        }
        expect(parts < 100).toBe(true);
      });

      test('lines are found near and far, and tell where to go on', async (store) => {
        const id = await put(store, numbered(5_000));
        for (const fromLine of [1, 2, 256, 257, 258, 2_500, 4_999]) {
          const part = await store.read('ann', id, { fromLine, lines: 2 });
          expect(part.text).toBe(`line ${fromLine}\nline ${fromLine + 1}\n`);
          expect(part.nextLine).toBe(fromLine + 2);
        }
        const last = await store.read('ann', id, { fromLine: 5_000, lines: 10 });
        expect([last.text, last.next]).toEqual(['line 5000\n', undefined]);
        expect((await store.read('ann', id, { fromLine: 5_001 })).text).toBe('');
        expect((await store.read('ann', id, { lastLines: 2 })).text).toBe('line 4999\nline 5000\n');
        expect((await store.read('ann', id, { lastLines: 9_999, bytes: 14 })).text).toBe('line 1\nline 2\n');
      });

      test('a last line without an end is a line', async (store) => {
        const id = await put(store, 'one\ntwo');
        expect((await store.info('ann', id)).lines).toBe(2);
        expect((await store.read('ann', id, { lastLines: 1 })).text).toBe('two');
      });

      test('lines are found in what was written bit by bit', async (store) => {
        const writer = await store.create('ann');
        for (const char of numbered(600)) await writer.write(char);
        expect((await store.read('ann', writer.id, { fromLine: 513, lines: 1 })).text).toBe('line 513\n');
        expect((await store.info('ann', writer.id)).lines).toBe(600);
      });

      test('a line beyond the bytes of one part goes on in the next', async (store) => {
        const id = await put(store, `${'x'.repeat(100)}\nend\n`);
        const first = await store.read('ann', id, { fromLine: 1, lines: 1, bytes: 60 });
        expect([first.text.length, first.next, first.nextLine]).toEqual([60, 60, 1]);
      });
    });

    describe('search', () => {
      test('finds literal text and patterns, with their lines', async (store) => {
        const id = await put(store, 'one (1)\ntwo\r\nthree (3)\nfour');
        expect((await store.search('ann', id, { text: '(' })).matches).toEqual([
          { line: 1, from: 0, text: 'one (1)' },
          { line: 3, from: 13, text: 'three (3)' },
        ]);
        expect((await store.search('ann', id, { pattern: '^t.o$' })).matches.map(({ line }) => line)).toEqual(
          [2],
        );
        expect(
          (await store.search('ann', id, { text: 'FOUR', ignoreCase: true })).matches.map(({ line }) => line),
        ).toEqual([4]);
        expect((await store.search('ann', id, { text: 'FOUR' })).matches).toEqual([]);
        expect((await store.search('ann', id, { text: '.', ignoreCase: true })).matches).toEqual([]);
      });

      test('goes on where it stopped: after its matches, and after its bytes', async (store) => {
        const id = await put(store, numbered(20_000));
        for (const bounds of [{ maxMatches: 7 }, { maxBytes: 70_000 }]) {
          const lines: number[] = [];
          let from: number | undefined = 0;
          let calls = 0;
          while (from !== undefined) {
            const found = await store.search('ann', id, { pattern: '000$' }, { from, ...bounds });
            lines.push(...found.matches.map(({ line }) => line));
            from = found.next;
            calls += 1;
          }
          expect(lines).toEqual(Array.from({ length: 20 }, (_, index) => (index + 1) * 1000));
          expect(calls > 1).toBe(true);
        }
      });

      test('finds what is added to an unfinished line', async (store) => {
        const writer = await store.create('ann');
        await writer.write('done\nlog');
        const first = await store.search('ann', writer.id, { text: 'login:' });
        expect([first.matches, first.next]).toEqual([[], 5]);
        await writer.write('in: ');
        const second = await store.search('ann', writer.id, { text: 'login:' }, { from: first.next });
        expect(second.matches).toEqual([{ line: 2, from: 5, text: 'login: ' }]);
      });

      test('a pattern made to be slow is not, and a broken one is named', async (store) => {
        const id = await put(store, `${'a'.repeat(30_000)}!`);
        const before = performance.now();
        expect((await store.search('ann', id, { pattern: '^(a+)+$' })).matches).toEqual([]);
        expect(performance.now() - before < 5_000).toBe(true);
        for (const pattern of ['(', '(?=a)', '(a)\\1', '', 'a'.repeat(2_000)]) {
          expect(await codeOf(store.search('ann', id, { pattern }))).toBe('INVALID_PATTERN');
        }
      });

      test('a long line is shown around its match', async (store) => {
        const id = await put(store, `${'x'.repeat(3_000)}needle${'y'.repeat(3_000)}`);
        const [match] = (await store.search('ann', id, { text: 'needle' })).matches;
        expect(match!.text.includes('xneedley')).toBe(true);
        expect(match!.text.length <= 502).toBe(true);
      });

      test('ends when nobody waits for it', async (store) => {
        const id = await put(store, 'text');
        const reason = new Error('gone');
        expect(
          await failureOf(store.search('ann', id, { text: 'x' }, { signal: AbortSignal.abort(reason) })),
        ).toBe(reason);
      });
    });

    describe('adopting', () => {
      test('a file becomes the artifact', async (store) => {
        const path = await files.write(numbered(1_000));
        const { id, lines, isComplete, name: shown } = await store.adopt('ann', path, { name: 'output' });
        expect([lines, isComplete, shown]).toEqual([1_000, true, 'output']);
        expect(await files.exists(path)).toBe(false);
        expect((await store.read('ann', id, { fromLine: 700, lines: 1 })).text).toBe('line 700\n');
      });

      test(
        'one that does not fit stays where it is',
        async (store) => {
          const path = await files.write('x'.repeat(101));
          expect(await codeOf(store.adopt('ann', path))).toBe('ARTIFACT_QUOTA');
          expect(await files.exists(path)).toBe(true);
          expect(await store.list('ann')).toEqual([]);
        },
        { maxBytes: 100 },
      );
    });

    describe('room', () => {
      test(
        'the one unused for longest goes, an owner at a time',
        async (store) => {
          const bobs = await put(store, 'x'.repeat(50), 'bob');
          const [first, second] = [await put(store, 'x'.repeat(50)), await put(store, 'x'.repeat(50))];
          await store.read('ann', first);
          const third = await put(store, 'x'.repeat(50));
          expect((await store.list('ann')).map(({ id }) => id)).toEqual([first, third]);
          expect(await codeOf(store.info('ann', second))).toBe('ARTIFACT_NOT_FOUND');
          expect((await store.list('bob')).map(({ id }) => id)).toEqual([bobs]);
        },
        { maxBytesPerOwner: 100 },
      );

      test(
        'in total too, the own ones before those of others',
        async (store) => {
          const bobs = await put(store, 'x'.repeat(50), 'bob');
          await put(store, 'x'.repeat(50));
          const second = await put(store, 'x'.repeat(50));
          expect((await store.list('ann')).map(({ id }) => id)).toEqual([second]);
          expect((await store.list('bob')).map(({ id }) => id)).toEqual([bobs]);
          await put(store, 'x'.repeat(100), 'eve');
          expect(await store.list('bob')).toEqual([]);
          expect(await store.list('ann')).toEqual([]);
        },
        { maxBytes: 100 },
      );

      test(
        'what is being written stays, and the write that finds no room is told',
        async (store) => {
          const writer = await store.create('ann');
          await writer.write('x'.repeat(60));
          const other = await store.create('ann');
          expect(await codeOf(other.write('y'.repeat(41)))).toBe('ARTIFACT_QUOTA');
          await other.write('y'.repeat(40));
          expect(await textOf(store, other.id)).toBe('y'.repeat(40));
          await writer.end();
          await other.write('z'.repeat(60));
          expect((await store.list('ann')).map(({ id }) => id)).toEqual([other.id]);
        },
        { maxBytesPerOwner: 100 },
      );

      test(
        'writes that come together do not go over it together',
        async (store) => {
          const writers = await Promise.all(Array.from({ length: 5 }, () => store.create('ann')));
          const outcomes = await Promise.all(writers.map((writer) => codeOf(writer.write('x'.repeat(30)))));
          expect(outcomes.filter((code) => code === 'not refused').length).toBe(3);
        },
        { maxBytesPerOwner: 100 },
      );

      test(
        'the number is limited too',
        async (store) => {
          const writers = [await store.create('ann'), await store.create('ann')];
          expect(await codeOf(store.create('ann'))).toBe('ARTIFACT_QUOTA');
          await store.create('bob');
          expect(await codeOf(store.create('eve'))).toBe('ARTIFACT_QUOTA');
          await writers[0]!.end();
          await store.create('ann');
        },
        { maxArtifacts: 3, maxArtifactsPerOwner: 2 },
      );
    });

    describe('the end', () => {
      test('an artifact goes after its time, which each write puts off', async (store, time) => {
        const removed: string[] = [];
        store.onChange(({ kind, id }) => void (kind === 'removed' && removed.push(id)));
        const writer = await store.create('ann');
        await time.advance(TTL_MS - 1);
        await writer.write('still there');
        await writer.end();
        await time.advance(TTL_MS - 1);
        expect(await textOf(store, writer.id)).toBe('still there');
        await time.advance(1);
        expect(removed).toEqual([writer.id]);
        expect(await codeOf(store.read('ann', writer.id))).toBe('ARTIFACT_NOT_FOUND');
        expect(await store.list('ann')).toEqual([]);
      });

      test('a writer of what is gone is told', async (store, time) => {
        const [deleted, expired] = [await store.create('ann'), await store.create('ann')];
        await store.delete('ann', deleted.id);
        expect(await codeOf(deleted.write('x'))).toBe('ARTIFACT_NOT_FOUND');
        expect(await codeOf(deleted.end())).toBe('ARTIFACT_NOT_FOUND');
        await time.advance(TTL_MS);
        expect(await codeOf(expired.write('x'))).toBe('ARTIFACT_NOT_FOUND');
      });

      test('deleting what is not there does nothing', async (store) => {
        await store.delete('ann', 'nothing');
        const id = await put(store, 'x');
        await store.delete('ann', id);
        await store.delete('ann', id);
        expect(await store.list('ann')).toEqual([]);
      });

      test('a closed store takes nothing', async (store) => {
        const writer = await store.create('ann');
        await store.close();
        await store.close();
        expect(await codeOf(store.create('ann'))).toBe('ARTIFACT_STORE_CLOSED');
        expect(await codeOf(writer.write('x'))).toBe('ARTIFACT_NOT_FOUND');
      });
    });
  });
}

/** A complete artifact. */
async function put(
  store: ArtifactStore,
  text: string | Uint8Array,
  owner = 'ann',
  mimeType?: string,
): Promise<string> {
  const writer = await store.create(owner, { mimeType });
  await writer.write(text);
  await writer.end();
  return writer.id;
}

async function textOf(store: ArtifactStore, id: string): Promise<string> {
  return (await store.read('ann', id)).text;
}

function numbered(count: number): string {
  return Array.from({ length: count }, (_, index) => `line ${index + 1}\n`).join('');
}

async function failureOf(operation: Promise<unknown>): Promise<Error & { readonly code?: unknown }> {
  try {
    await operation;
  } catch (error) {
    return error as Error;
  }
  throw new Error('It was not refused.');
}

async function codeOf(operation: Promise<unknown>): Promise<unknown> {
  try {
    await operation;
    return 'not refused';
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error;
  }
}
