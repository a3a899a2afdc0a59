import { describe, expect, test } from 'vitest';
import { decide } from './decide.ts';
import { ASKING, ASKING_ALWAYS, DEVELOPING, READING } from './everyday-commands.ts';
import { MORE_DEVELOPING, MORE_READING } from './more-everyday-commands.ts';

describe('the profile readonly allows looking', () => {
  test.each([...READING, ...MORE_READING])('%s', (line) => {
    expect(decide('readonly', line)).toMatchObject({ effect: 'allow' });
  });
});

describe('the profile dev allows that too', () => {
  test.each([...READING, ...MORE_READING])('%s', (line) => {
    expect(decide('dev', line)).toMatchObject({ effect: 'allow' });
  });
});

describe('the profile dev allows developing', () => {
  test.each([...DEVELOPING, ...MORE_DEVELOPING])('%s', (line) => {
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

describe('every profile asks before it shows what may hold tokens', () => {
  test.each(ASKING_ALWAYS)('%s', (line) => {
    for (const profile of ['readonly', 'dev'] as const)
      expect(decide(profile, line)).toMatchObject({ effect: 'ask' });
  });
});
