import type { ProgramRules } from '../policy/schema.ts';
import { LISTS } from './reasons.ts';

/** Programs that print, tell or wait. */
export const PLAIN: Readonly<Record<string, ProgramRules>> = {
  echo: { does: 'reads', style: 'raw', operands: ['text*'] },
  printf: { does: 'reads', style: 'raw', operands: ['text*'] },
  true: { does: 'reads', style: 'raw', operands: ['text*'] },
  false: { does: 'reads', style: 'raw', operands: ['text*'] },
  pwd: { does: 'reads', flags: '-LP' },
  basename: {
    does: 'reads',
    flags: '-az --multiple --zero',
    options: { '-s --suffix': 'text' },
    operands: ['text*'],
  },
  dirname: { does: 'reads', flags: '-z --zero', operands: ['text*'] },
  seq: {
    does: 'reads',
    pure: true,
    flags: '-w --equal-width',
    options: { '-s --separator': 'text', '-f --format': 'text' },
    counts: true,
    operands: ['count', 'count', 'count'],
  },
  sleep: { does: 'reads', operands: ['count*'] },
  which: { does: 'reads', flags: '-a', operands: ['word*'] },
  date: {
    does: 'reads',
    flags: '-uR --utc --universal --rfc-email',
    options: {
      '-d --date': 'text',
      '-I --iso-8601': 'date|hours|minutes|seconds|ns?',
      '--rfc-3339': 'date|seconds|ns',
      '-r --reference': 'read',
    },
    forbidden: { '-s --set': 'sets the clock', '-f --file': LISTS },
    operands: ['format'],
  },
  uname: {
    does: 'reads',
    flags:
      '-asnrvmpio --all --kernel-name --nodename --kernel-release --kernel-version --machine --processor --operating-system',
  },
  nproc: { does: 'reads', flags: '--all' },
  whoami: { does: 'reads' },
  hostname: { does: 'reads', flags: '-s --short' },
  id: { does: 'reads', flags: '-ugGnr --user --group --groups --name --real' },
  uptime: { does: 'reads', flags: '-ps --pretty --since' },
};
