import type { HidesRule, ProgramRules } from '../policy/schema.ts';
import { FOLLOWS, LISTS, RUNS, WRITES } from './reasons.ts';

const COMPRESSION = '-zjJa --gzip --gunzip --bzip2 --xz --zstd --lzma --auto-compress';

const FORBIDDEN: ProgramRules['forbidden'] = {
  '--checkpoint --checkpoint-action': RUNS,
  '--to-command': RUNS,
  '-I --use-compress-program': RUNS,
  '-F --info-script --new-volume-script': RUNS,
  '--rsh-command --rmt-command': RUNS,
  '-P --absolute-names': 'reaches outside the working directory',
  '-T --files-from -X --exclude-from': LISTS,
  '-h --dereference --hard-dereference': FOLLOWS,
  '-K --starting-file -g --listed-incremental --index-file --volno-file': WRITES,
  '--remove-files --recursive-unlink -U --unlink-first --delete': 'deletes files',
};

// "host:file" is no remote archive, which tar would open with rsh.
const COMMON: ProgramRules = {
  insert: ['--force-local'],
  bundledFirst: true,
  dashes: 'keep',
  forbidden: FORBIDDEN,
};

// Patterns of tar count for what stands behind them, and "*" matches "/" as well.
const HIDES: HidesRule = { what: 'protected', as: ['--exclude={anyCase}'], at: 'front' };

const LIST: ProgramRules = {
  ...COMMON,
  does: 'reads',
  flags: `-tvO ${COMPRESSION} --list --verbose --wildcards --no-wildcards --full-time --numeric-owner --to-stdout`,
  options: {
    '-f --file': 'read',
    '--exclude': 'glob',
    '--strip-components': 'number',
    '--occurrence': 'number?',
  },
  requires: '-t --list',
  operands: ['glob*'],
};

const SHOW: ProgramRules = {
  ...LIST,
  hides: { ...HIDES, what: 'secret' },
  flags: `-xvO ${COMPRESSION} --extract --get --verbose --wildcards --no-wildcards --to-stdout`,
  requires: '-O --to-stdout',
};

const EXTRACT: ProgramRules = {
  ...COMMON,
  does: 'writes',
  writesHere: true,
  effect: 'ask',
  reason:
    'unpacks whatever the archive names, also through links that are already there (protected names are left out)',
  hides: HIDES,
  flags:
    `-xvkpm ${COMPRESSION} --extract --get --verbose --wildcards --keep-old-files --skip-old-files --preserve-permissions ` +
    '--touch --no-same-owner --no-same-permissions --overwrite --keep-newer-files --numeric-owner',
  options: {
    '-f --file': 'read',
    '-C --directory': 'directory',
    '--exclude': 'glob',
    '--strip-components': 'number',
  },
  requires: '-x --extract --get',
  operands: ['glob*'],
};

const CREATE: ProgramRules = {
  ...COMMON,
  does: 'writes',
  hides: { ...HIDES, what: 'secret', also: ['.git/config*', '.git/*/config*'] },
  reachesBelow: 'always',
  flags: `-cv ${COMPRESSION} --create --verbose --numeric-owner --no-recursion --exclude-vcs --one-file-system`,
  options: {
    '-f --file': 'write',
    '-C --directory': 'directory',
    '--exclude': 'glob',
    '--sort': 'none|name|inode',
    '--mtime': 'text',
    '--owner --group --mode': 'text',
    '--format': 'gnu|pax|posix|ustar|v7|oldgnu',
  },
  requires: '-c --create',
  operands: ['read*'],
};

/** Looking into archives; with `dev` also packing and unpacking. */
export const TAR: ProgramRules = { alternatives: [LIST, SHOW] };
export const TAR_DEV: ProgramRules = { alternatives: [LIST, SHOW, EXTRACT, CREATE] };
