import { assert, property, string } from 'fast-check';
import { expect, test } from 'vitest';
import { fillTemplate, readTemplate, templateOf } from '../../src/user-tools/template.ts';

function fill(text: string, values: Record<string, string | number | boolean> = {}): string | undefined {
  return fillTemplate(templateOf(text), values);
}

test('a placeholder gives way to the value, wherever it stands', () => {
  expect(fill('{a}', { a: 'x' })).toBe('x');
  expect(fill('--depth={depth}', { depth: 3 })).toBe('--depth=3');
  expect(fill('{from}..{to}', { from: 'main', to: 'HEAD' })).toBe('main..HEAD');
  expect(fill('{flag}', { flag: false })).toBe('false');
});

test('doubled braces are braces', () => {
  expect(fill('stash@{{0}}')).toBe('stash@{0}');
  expect(fill('{{{a}}}', { a: 1 })).toBe('{1}');
  expect(fill('{{a}}', { a: 1 })).toBe('{a}');
});

test('a single brace that is part of no placeholder is a problem', () => {
  for (const text of ['{', '}', 'stash@{0}', '{a', 'a}', '{a b}', '{}', '{{a}'])
    expect(readTemplate(text)).toHaveProperty('problem', expect.stringContaining('part of no placeholder'));
});

test('a text with a missing value is missing itself', () => {
  expect(fill('{a}{b}', { a: 'x' })).toBeUndefined();
  expect(fill('{constructor}')).toBeUndefined();
});

test('what a value says is not read again', () => {
  expect(fill('{a}', { a: '{b}', b: 'x' })).toBe('{b}');
  expect(fill('{a}', { a: '$& $1 $$' })).toBe('$& $1 $$');
});

test('any text can be written, and any value stays as it is', () => {
  assert(
    property(
      string({ unit: 'grapheme', maxLength: 40 }),
      string({ unit: 'binary', maxLength: 40 }),
      (text, value) => {
        const written = text.replaceAll(/[{}]/g, '$&$&');
        expect(fill(`${written}{value}${written}`, { value })).toBe(text + value + text);
      },
    ),
  );
});
