import type { ProgramRules } from '../policy/schema.ts';
import { FOLLOWS, LINKS } from './reasons.ts';

const CP: ProgramRules = {
  does: 'writes',
  // A link that is already there is replaced, not followed.
  insert: ['--remove-destination'],
  flags:
    '-adfinpuvxP --archive --force --interactive --no-clobber --update --verbose ' +
    '--one-file-system --no-dereference --attributes-only --strip-trailing-slashes --remove-destination',
  options: {
    '-r -R --recursive': {},
    '--preserve': 'text?',
    '--no-preserve': 'text',
    '--sparse': 'auto|always|never',
    '--reflink': 'auto|always|never?',
  },
  forbidden: {
    '-L --dereference -H --parents': FOLLOWS,
    '-l --link -s --symbolic-link': LINKS,
    '-t --target-directory': 'turns the order of the paths around; name the target last',
  },
  reachesBelow: '-r -a --archive',
};

/** Changing files. */
export const FILES_DEV: Readonly<Record<string, ProgramRules>> = {
  mkdir: {
    does: 'writes',
    flags: '-pv --parents --verbose',
    options: { '-m --mode': 'text' },
    operands: ['write*'],
  },
  touch: {
    does: 'writes',
    flags: '-acfhm --no-create --no-dereference',
    options: {
      '-d --date': 'text',
      '-t': 'number',
      '--time': 'access|atime|use|modify|mtime',
      '-r --reference': 'read',
    },
    operands: ['write*'],
  },
  cp: {
    alternatives: [
      { ...CP, operands: ['entry*', 'write'] },
      {
        ...CP,
        effect: 'ask',
        reason:
          'copies files that other programs trust or that may hold secrets, such as .vscode, or all of a directory',
        flags: `${CP.flags} -T --no-target-directory`,
        operands: ['read*', 'write'],
      },
    ],
  },
  mv: {
    does: 'writes',
    flags:
      '-finTuv --force --interactive --no-clobber --no-target-directory --update --verbose --strip-trailing-slashes',
    forbidden: { '-t --target-directory': 'turns the order of the paths around; name the target last' },
    operands: ['remove*', 'write'],
  },
  rm: {
    does: 'writes',
    effect: 'ask',
    reason: 'deletes files',
    flags: '-dfiIrRv --dir --force --recursive --verbose --one-file-system --preserve-root',
    options: { '--interactive': 'never|once|always?' },
    forbidden: { '--no-preserve-root': 'takes away the guard of the root directory' },
    operands: ['remove*'],
    refusedOperands: {
      '.': 'is the working directory',
      '..': 'is the working directory or above it',
      '/': 'is the root directory',
      '*': 'is a pattern, which nothing expands here',
      '~': 'is a home directory, which nothing expands here',
    },
  },
  rmdir: {
    does: 'writes',
    flags: '-v --verbose --ignore-fail-on-non-empty',
    forbidden: { '-p --parents': 'removes the directories above as well; name each of them' },
    operands: ['remove*'],
  },
};
