import { describe, expect, test } from 'vitest';
import { decide } from './decide.ts';
import { ASKING, DEVELOPING, READING } from './everyday-commands.ts';

describe('the profile readonly allows looking', () => {
  test.each(READING)('%s', (line) => {
    expect(decide('readonly', line)).toMatchObject({ effect: 'allow' });
  });
});

describe('the profile dev allows that too', () => {
  test.each(READING)('%s', (line) => {
    expect(decide('dev', line)).toMatchObject({ effect: 'allow' });
  });
});

describe('the profile dev allows developing', () => {
  test.each(DEVELOPING)('%s', (line) => {
    expect(decide('dev', line)).toMatchObject({ effect: 'allow' });
    expect(decide('readonly', line)).toMatchObject({ effect: 'deny' });
  });
});

describe('the profile dev asks before what loses work or uses the network', () => {
  test.each(ASKING)('%s', (line) => {
    expect(decide('dev', line)).toMatchObject({ effect: 'ask' });
    expect(decide('readonly', line)).toMatchObject({ effect: 'deny' });
  });
});
