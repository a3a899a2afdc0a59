import type { ProgramRules } from '../policy/schema.ts';
import { ALSO_GIT } from './hides.ts';
import { FOLLOWS, LISTS, RUNS, WRITES } from './reasons.ts';

const GREP_FLAGS =
  '-EFGPivwxcLlnohHqsabzZTUyI --extended-regexp --fixed-strings --basic-regexp --perl-regexp --ignore-case ' +
  '--no-ignore-case --invert-match --word-regexp --line-regexp --count --files-without-match --files-with-matches ' +
  '--line-number --only-matching --no-filename --with-filename --quiet --silent --no-messages --text --byte-offset ' +
  '--null-data --null --initial-tab --line-buffered --no-group-separator';

/** Searching, sorting and changing text that goes through. */
export const TEXT: Readonly<Record<string, ProgramRules>> = {
  grep: grep(GREP_FLAGS),
  egrep: grep(GREP_FLAGS),
  fgrep: grep(GREP_FLAGS),
  rg: {
    does: 'reads',
    insert: ['--no-config'],
    hides: { what: 'secret', also: ALSO_GIT, as: ['--iglob=!{name}'], at: 'options' },
    reachesBelow: 'always',
    flags:
      '-aciFHhIlnNopqsSUuvwxP0 --text --count --count-matches --ignore-case --fixed-strings --with-filename --no-filename ' +
      '--files-with-matches --files-without-match --line-number --no-line-number --only-matching --pretty --quiet ' +
      '--no-messages --smart-case --case-sensitive --multiline --multiline-dotall --unrestricted --invert-match ' +
      '--word-regexp --line-regexp --pcre2 --null --files --hidden --no-ignore --no-ignore-vcs --no-heading --heading ' +
      '--column --json --trim --vimgrep --stats --byte-offset --type-list --glob-case-insensitive --one-file-system ' +
      '--passthru --crlf --null-data --no-config --version',
    options: {
      '-e --regexp': 'pattern',
      '-A --after-context': 'number',
      '-B --before-context': 'number',
      '-C --context': 'number',
      '-m --max-count': 'number',
      '-g --glob': 'glob',
      '--iglob': 'glob',
      '-t --type': 'word',
      '-T --type-not': 'word',
      '-d --max-depth': 'number',
      '-M --max-columns': 'number',
      '-r --replace': 'text',
      '-j --threads': 'number',
      '--max-filesize': 'count',
      '--color': 'always|never|auto|ansi',
      '--sort': 'none|path|modified|accessed|created',
      '--sortr': 'none|path|modified|accessed|created',
      '--engine': 'default|pcre2|auto',
      '-f --file': 'read',
      '--ignore-file': 'read',
    },
    forbidden: {
      '--pre --pre-glob --hostname-bin': RUNS,
      '-z --search-zip': RUNS,
      '-L --follow': FOLLOWS,
    },
    operands: [{ kind: 'pattern', unless: '-e --regexp -f --file --files --type-list' }, 'read*'],
  },
  sort: sort(),
  uniq: uniq('read'),
  cut: {
    does: 'reads',
    pure: true,
    flags: '-nsz --complement --only-delimited --zero-terminated',
    options: {
      '-b --bytes': 'text',
      '-c --characters': 'text',
      '-d --delimiter': 'text',
      '-f --fields': 'text',
      '--output-delimiter': 'text',
    },
    operands: ['read*'],
  },
  tr: {
    does: 'reads',
    pure: true,
    flags: '-cCdst --complement --delete --squeeze-repeats --truncate-set1',
    operands: ['text', 'text'],
  },
  sed: {
    does: 'reads',
    pure: true,
    flags:
      '-nErsuz --quiet --silent --regexp-extended --separate --unbuffered --null-data --posix --debug --sandbox',
    options: { '-e --expression': 'sed', '-l --line-length': 'number' },
    forbidden: {
      '-i --in-place': WRITES,
      '-f --file': 'reads a script that nobody checked; pass it with -e',
      '--follow-symlinks': FOLLOWS,
    },
    operands: [{ kind: 'sed', unless: '-e --expression' }, 'read*'],
  },
  jq: {
    does: 'reads',
    dashes: 'unknown',
    separateValues: true,
    options: { '--indent': 'number' },
    flags:
      '-cCMnrSsaRej --compact-output --color-output --monochrome-output --null-input --raw-output --raw-output0 ' +
      '--join-output --sort-keys --slurp --ascii-output --raw-input --exit-status --tab --stream --seq --unbuffered',
    forbidden: {
      '-f --from-file -L --library-path': 'loads a program that nobody checked',
      '--slurpfile --rawfile --argfile': 'reads one file more than the operands say',
      '--arg --argjson --args --jsonargs':
        'takes two values, which are not told apart here; write them into the filter',
    },
    operands: ['jq', 'read*'],
  },
  nl: {
    does: 'reads',
    pure: true,
    flags: '-p',
    options: { '-b -h -f -n -s -d': 'text', '-v -i -w -l': 'integer' },
    operands: ['read*'],
  },
  tac: {
    does: 'reads',
    pure: true,
    flags: '-br',
    options: { '-s --separator': 'text' },
    operands: ['read*'],
  },
  rev: { does: 'reads', pure: true, operands: ['read*'] },
  fold: {
    does: 'reads',
    pure: true,
    flags: '-bs --bytes --spaces',
    options: { '-w --width': 'number' },
    operands: ['read*'],
  },
  column: {
    does: 'reads',
    pure: true,
    flags: '-txJL --table --json --fillrows',
    options: {
      '-s --separator': 'text',
      '-o --output-separator': 'text',
      '-c --output-width': 'number',
      '-N --table-columns': 'text',
    },
    operands: ['read*'],
  },
  paste: {
    does: 'reads',
    pure: true,
    flags: '-sz --serial --zero-terminated',
    options: { '-d --delimiters': 'text' },
    operands: ['read*'],
  },
  join: {
    does: 'reads',
    pure: true,
    flags: '-iz --ignore-case --check-order --nocheck-order --header',
    options: { '-1 -2 -j': 'number', '-t': 'text', '-a -v': 'number', '-e -o': 'text' },
    operands: ['read', 'read'],
  },
  comm: {
    does: 'reads',
    pure: true,
    flags: '-123z --check-order --nocheck-order --total',
    operands: ['read', 'read'],
  },
  xxd: {
    does: 'reads',
    pure: true,
    flags: '-abipu',
    options: { '-c -g -l': 'number', '-s': 'integer' },
    operands: ['read'],
  },
  od: {
    does: 'reads',
    pure: true,
    flags: '-abcdfilosxv',
    options: { '-A': 'd|o|x|n', '-t': 'word', '-N -j': 'count', '-w': 'number' },
    operands: ['read*'],
  },
  base64: {
    does: 'reads',
    pure: true,
    flags: '-di --decode --ignore-garbage',
    options: { '-w --wrap': 'number' },
    operands: ['read'],
  },
};

/** Text tools that write. */
export const TEXT_DEV: Readonly<Record<string, ProgramRules>> = {
  tee: {
    does: 'writes',
    flags: '-aip --append --ignore-interrupts',
    options: { '--output-error': 'warn|warn-nopipe|exit|exit-nopipe?' },
    operands: ['write*'],
  },
  sort: sort({ '-o --output': 'write' }),
  uniq: uniq('read', 'write'),
  // awk is a programming language with system(), pipes and files. Nothing short of a parser could check a program.
  awk: {
    effect: 'ask',
    reason: 'can run programs and open files from its script',
    does: 'anything',
    options: { '-F --field-separator': 'text', '-v --assign': 'text' },
    forbidden: {
      '-f --file -E --exec -i --include -l --load': 'loads a program that nobody read; pass it as text',
    },
    operands: ['text', 'read*'],
  },
};

function grep(flags: string): ProgramRules {
  return {
    does: 'reads',
    flags,
    // The last pattern that matches counts, so these stand behind those of the caller. Without -r they would hide
    // the .env.example that was asked for.
    hides: {
      what: 'secret',
      also: ALSO_GIT,
      as: ['--exclude={anyCase}', '--exclude-dir={anyCase}'],
      at: 'options',
      with: '-r',
    },
    reachesBelow: '-r',
    options: {
      '-r --recursive': {},
      '-e --regexp': 'pattern',
      '-f --file': 'read',
      '-m --max-count': 'number',
      '-A --after-context': 'number',
      '-B --before-context': 'number',
      '-C --context': 'number',
      '--color --colour': 'always|never|auto?',
      '--include': 'glob',
      '--exclude': 'glob',
      '--exclude-dir': 'glob',
      '--exclude-from': 'read',
      '--label': 'text',
      '--binary-files': 'binary|text|without-match',
      '-d --directories': 'read|skip',
      '-D --devices': 'read|skip',
      '--group-separator': 'text',
    },
    forbidden: { '-R --dereference-recursive': `${FOLLOWS}; use -r` },
    counts: true,
    operands: [{ kind: 'pattern', unless: '-e --regexp -f --file' }, 'read*'],
  };
}

function sort(more: ProgramRules['options'] = {}): ProgramRules {
  const writes = Object.keys(more).length > 0;
  return {
    does: writes ? 'writes' : 'reads',
    pure: !writes,
    flags:
      '-bdfghinMRrVcCmsuz --ignore-leading-blanks --dictionary-order --ignore-case --general-numeric-sort ' +
      '--human-numeric-sort --ignore-nonprinting --month-sort --numeric-sort --random-sort --reverse --version-sort ' +
      '--merge --stable --unique --zero-terminated --debug',
    options: {
      '-k --key': 'text',
      '-t --field-separator': 'text',
      '-S --buffer-size': 'count',
      '--parallel': 'number',
      '--batch-size': 'number',
      '--sort': 'general-numeric|human-numeric|month|numeric|random|version',
      '--check': 'quiet|silent|diagnose-first?',
      ...more,
    },
    forbidden: {
      ...(!writes && { '-o --output': WRITES }),
      '--compress-program': RUNS,
      '-T --temporary-directory': 'writes files',
      '--files0-from': LISTS,
      '--random-source': 'reads another file',
    },
    operands: ['read*'],
  };
}

function uniq(...operands: string[]): ProgramRules {
  return {
    does: operands.includes('write') ? 'writes' : 'reads',
    flags: '-cdDiuz --count --repeated --ignore-case --unique --zero-terminated',
    options: {
      '-f --skip-fields': 'number',
      '-s --skip-chars': 'number',
      '-w --check-chars': 'number',
      '--all-repeated': 'none|prepend|separate?',
      '--group': 'separate|prepend|append|both?',
    },
    operands,
  };
}
