import { expect, test } from 'vitest';
import { encodeInput } from '../../../src/process/terminal/keys.ts';

const normal = { applicationCursorKeys: false };

test.each([
  ['Enter', '\r'],
  ['return', '\r'],
  ['Tab', '\t'],
  ['Shift+Tab', '\x1B[Z'],
  ['Escape', '\x1B'],
  ['esc', '\x1B'],
  ['Backspace', '\x7F'],
  ['Delete', '\x1B[3~'],
  ['Space', ' '],
  ['ArrowUp', '\x1B[A'],
  ['left', '\x1B[D'],
  ['Ctrl+ArrowRight', '\x1B[1;5C'],
  ['Alt+Shift+ArrowUp', '\x1B[1;4A'],
  ['Home', '\x1B[H'],
  ['End', '\x1B[F'],
  ['PageDown', '\x1B[6~'],
  ['Shift+PageUp', '\x1B[5;2~'],
  ['F1', '\x1BOP'],
  ['Ctrl+F1', '\x1B[1;5P'],
  ['F5', '\x1B[15~'],
  ['F12', '\x1B[24~'],
  ['Ctrl+C', '\x03'],
  ['ctrl+c', '\x03'],
  ['Control+D', '\x04'],
  ['Ctrl+[', '\x1B'],
  ['Ctrl+\\', '\x1C'],
  ['Ctrl+Space', '\0'],
  ['Ctrl+?', '\x7F'],
  ['Alt+x', '\x1Bx'],
  ['Alt+Enter', '\x1B\r'],
  ['Ctrl+Alt+e', '\x1B\x05'],
  ['Shift+a', 'A'],
  ['a', 'a'],
  ['é', 'é'],
  ['+', '+'],
  ['Alt++', '\x1B+'],
])('%s', (key, sequence) => {
  expect(encodeInput({ key }, normal)).toBe(sequence);
});

test('cursor keys follow the mode of the program; with modifiers they do not', () => {
  const application = { applicationCursorKeys: true };
  expect(encodeInput({ key: 'ArrowUp' }, application)).toBe('\x1BOA');
  expect(encodeInput({ key: 'Home' }, application)).toBe('\x1BOH');
  expect(encodeInput({ key: 'Ctrl+ArrowUp' }, application)).toBe('\x1B[1;5A');
});

test.each(['', 'Nothing', 'Ctrl+', 'Hyper+x', 'ab', 'Ctrl+é', 'Ctrl+1', '\x03', '+Enter'])(
  'there is no key "%s"',
  (key) => {
    expect(() => encodeInput({ key }, normal)).toThrow('There is no key');
  },
);

test('text is typed as it stands, line ends as Enter', () => {
  expect(encodeInput({ text: 'Enter+é🎉\tx\r\ny\nz\r' }, normal)).toBe('Enter+é🎉\tx\ry\rz\r');
});

test.each(['\x1B[A', '\x03', '\0', '\x7F', '\x9B', 'a\x08'])('text with %j is refused', (text) => {
  expect(() => encodeInput({ text }, normal)).toThrow('control characters');
});
