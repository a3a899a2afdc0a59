import { describe, expect, test } from 'vitest';
import { createProcessSupervisor } from '../../../src/process/supervisor/supervisor.ts';
import { supervise } from './helpers.ts';

describe('options that cannot work are refused', () => {
  test.each([
    ['maxProcesses', 0],
    ['maxPerOwner', 1.5],
    ['keepExitedMs', -1],
    ['maxKept', Number.NaN],
  ])('when a supervisor is made: %s %s', (option, value) => {
    expect(() => createProcessSupervisor({ [option]: value })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', option }),
    );
  });

  test.each([
    ['timeoutMs', 0],
    ['idleTimeoutMs', Number.POSITIVE_INFINITY],
    ['killGraceMs', -5],
  ])('when a program is started: %s %s', async (option, value) => {
    const { sh } = supervise();
    await expect(sh('true', { [option]: value })).rejects.toMatchObject({ code: 'INVALID_OPTION', option });
  });
});
