import { array, assert, asyncProperty, constantFrom, oneof, string } from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { createScreen, type Screen, type ScreenOptions } from '../../../src/process/terminal/screen.ts';

async function start(options: Partial<ScreenOptions> = {}): Promise<Screen> {
  const screen = await createScreen({ columns: 20, rows: 5, scrollbackLines: 10, onAnswer() {}, ...options });
  onTestFinished(() => screen.dispose());
  return screen;
}

/** Shows a text and gives the screen, with all that is kept above it. */
async function show(text: string, screen?: Screen) {
  const shown = screen ?? (await start());
  await new Promise<void>((resolve) => shown.write(text, resolve));
  return shown.snapshot({ scrollback: 1_000, redactor: undefined });
}

test('a program can draw anywhere', async () => {
  const drawing = '\x1B[2J\x1B[2;5Hmiddle\x1B[1;1Htop\x1B[31mred\x1B[0m\x1B[4;3H';
  expect(await show(drawing)).toEqual({
    lines: ['topred', '    middle'],
    columns: 20,
    rows: 5,
    cursor: { row: 4, column: 3 },
    title: '',
    isAlternate: false,
    scrollback: [],
    scrollbackLines: 0,
  });
});

test('the alternate screen comes and goes', async () => {
  const screen = await start();
  expect(await show('shell\x1B[?1049h\x1B[Heditor', screen)).toMatchObject({
    lines: ['editor'],
    isAlternate: true,
  });
  expect(await show('\x1B[?1049l', screen)).toMatchObject({ lines: ['shell'], isAlternate: false });
});

test('what leaves the top is kept up to a limit', async () => {
  const lines = Array.from({ length: 100 }, (_, index) => `line ${index}`);
  const { scrollback, lines: visible, scrollbackLines } = await show(lines.join('\r\n'));
  expect(visible).toEqual(lines.slice(-5));
  expect(scrollback).toEqual(lines.slice(-15, -5));
  expect(scrollbackLines).toBe(10);
});

test('wide characters and marks take the room they take', async () => {
  const { lines, cursor } = await show('漢字 e\u0301 한');
  expect(lines).toEqual(['漢字 e\u0301 한']);
  expect(cursor.column).toBe(10);
});

test('a line that goes on in the next row is one line for who looks for text', async () => {
  const screen = await start();
  await show('a sentence that is longer than twenty\r\nnext', screen);
  expect(screen.text()).toBe('a sentence that is longer than twenty\nnext');
});

test('the blank at the end of a prompt is there for who waits for it, those at the end of other lines are not', async () => {
  const screen = await start();
  await show('one   \r\n$ ', screen);
  expect(screen.text()).toBe('one\n$ ');
  await show('\r\n\r\n', screen);
  expect(screen.text()).toBe('one\n$');
});

test('the title is one short line without control characters', async () => {
  expect(await show('\x1B]0;ed\u202Eit\u200B\x07')).toMatchObject({ title: 'edit' });
  expect((await show(`\x1B]2;${'x'.repeat(100_000)}\x07`)).title).toHaveLength(256);
});

test('a clipboard, a link and a picture leave nothing on the screen', async () => {
  const hostile =
    '\x1B]52;c;aGVsbG8=\x07\x1B]8;;http://evil.example\x07link\x1B]8;;\x07\x1BPqSIXEL\x1B\\\x1B_Gx\x1B\\';
  expect(await show(hostile)).toMatchObject({ lines: ['link'], title: '' });
});

test('what would be answered to a query is told, and not shown', async () => {
  const answers: string[] = [];
  const screen = await start({ onAnswer: (answer) => void answers.push(answer) });
  expect((await show('\x1B[c\x1B[6n\x1B[21t\x1B]10;?\x07', screen)).lines).toEqual([]);
  expect(answers).toEqual(['\x1B[?1;2c', '\x1B[1;1R']);
});

test.each([
  'L',
  'M',
  'S',
  'T',
  'I',
  'Z',
  'b',
  'P',
  'X',
  '@',
  'A',
  'B',
  'C',
  'D',
  'E',
  'G',
  'd',
  'H',
  'r',
  't',
])('two billion times CSI %s takes no time', async (final) => {
  const startedAt = performance.now();
  await show(`x\x1B[2147483647${final}\x1B[;2147483647${final}y`);
  expect(performance.now() - startedAt).toBeLessThan(1_000);
});

test('while costly sequences are drawn, others get their turn', async () => {
  const screen = await start({ columns: 200, rows: 200, scrollbackLines: 1_000 });
  let turns = 0;
  const timer = setInterval(() => turns++, 5);
  await show('\x1B[200L\x1B[200S'.repeat(100), screen);
  clearInterval(timer);
  expect(turns).toBeGreaterThan(20);
});

test('what is costly is skipped when there is no time left', async () => {
  const screen = await start({ columns: 200, rows: 200 });
  const shown = show(`${'\x1B[200L'.repeat(20_000)}\x1B[Hend`, screen);
  const startedAt = performance.now();
  screen.hurry();
  expect((await shown).lines).toEqual(['end']);
  expect(performance.now() - startedAt).toBeLessThan(3_000);
});

test('a tower of marks is cut', async () => {
  const { lines } = await show(`a${'\u0301'.repeat(1_000_000)}b`);
  expect(lines[0]?.length).toBeLessThan(5_000);
  expect(lines[0]?.at(-1)).toBe('b');
});

test('whatever is written, the screen stays within its size', async () => {
  const screen = await start();
  const piece = oneof(
    string({ unit: 'binary' }),
    constantFrom(
      '\x1B[',
      '\x1B]',
      '\x1BP',
      '\x1B\\',
      '\x07',
      '\r\n',
      '\x1Bc',
      '\x1B[?1049h',
      '\x1B[!p',
      '9999;',
      'm',
    ),
  );
  await assert(
    asyncProperty(array(piece, { maxLength: 40 }), async (pieces) => {
      const { lines, cursor, scrollbackLines } = await show(pieces.join(''), screen);
      expect(lines.length).toBeLessThanOrEqual(5);
      expect(cursor.row).toBeLessThanOrEqual(5);
      expect(cursor.column).toBeLessThanOrEqual(20);
      expect(scrollbackLines).toBeLessThanOrEqual(10);
      for (const line of lines) {
        // oxlint-disable-next-line eslint/no-control-regex -- none may be left
        expect(line).not.toMatch(/[\0-\x1F\x7F-\x9F]/);
      }
    }),
    { numRuns: 100 },
  );
});
