import type { ProgramRules } from '../policy/schema.ts';
import { ALSO_GIT } from './hides.ts';
import { FOLLOWS, LISTS, RUNS, WRITES } from './reasons.ts';

const EXECUTES =
  'runs a program for every file; list the files first, then name them in a command of their own, or use grep -r';
const DELETES = 'deletes files';

/** Looking at files and directories. */
export const FILES: Readonly<Record<string, ProgramRules>> = {
  ls: {
    does: 'reads',
    flags:
      '-aAbBcCdfFgGhiklmnNopqQrRsStuUvxXZ1 --all --almost-all --author --escape --ignore-backups --directory --file-type ' +
      '--group-directories-first --no-group --human-readable --inode --kibibytes --literal --numeric-uid-gid --quote-name ' +
      '--reverse --recursive --size --full-time --si --context --zero',
    options: {
      '--color --colour': 'always|never|auto?',
      '--classify': 'always|never|auto?',
      '--hyperlink': 'always|never|auto?',
      '--format': 'text',
      '--sort': 'none|size|time|version|extension|width|name',
      '--time': 'text',
      '--time-style': 'text',
      '--indicator-style': 'none|slash|file-type|classify',
      '--block-size': 'count',
      '--hide': 'glob',
      '-I --ignore': 'glob',
      '-w --width': 'number',
      '-T --tabsize': 'number',
      '--quoting-style': 'text',
    },
    forbidden: { '-L --dereference -H --dereference-command-line': FOLLOWS },
    operands: ['read*'],
  },
  find: {
    does: 'reads',
    style: 'expression',
    separateValues: true,
    flags:
      '-P -empty -true -false -print -print0 -prune -readable -writable -executable -nouser -nogroup -depth -d -mount ' +
      '-xdev -daystart -noleaf -ls -quit -a -o -and -or -not -ignore_readdir_race -noignore_readdir_race -nowarn -warn',
    options: {
      '-name -iname -path -ipath -wholename -iwholename -lname -ilname': 'glob',
      '-regex -iregex': 'pattern',
      '-regextype': 'word',
      '-type -xtype': 'word',
      '-maxdepth -mindepth': 'number',
      '-mtime -atime -ctime -mmin -amin -cmin -used -links -inum -uid -gid': 'integer',
      '-size': 'count',
      '-perm': 'text',
      '-user -group': 'text',
      '-fstype': 'word',
      '-printf': 'text',
      '-newermt -newerct -newerat -newerBt': 'text',
      '-newer -anewer -cnewer -samefile -neweraa -newerac -neweram -newerca -newercc -newercm -newerma -newermc -newermm':
        'read',
    },
    literals: '( ) ! ,',
    forbidden: {
      '-exec -execdir -ok -okdir': EXECUTES,
      '-delete': DELETES,
      '-fprint -fprint0 -fprintf -fls': WRITES,
      '-L -H -follow': FOLLOWS,
      '-files0-from': LISTS,
    },
    operands: ['read*'],
  },
  cat: {
    does: 'reads',
    pure: true,
    flags:
      '-AbeEnstTuv --show-all --number-nonblank --show-ends --number --squeeze-blank --show-tabs --show-nonprinting',
    operands: ['read*'],
  },
  head: {
    does: 'reads',
    pure: true,
    flags: '-qvz --quiet --silent --verbose --zero-terminated',
    options: { '-n --lines': 'count', '-c --bytes': 'count' },
    counts: true,
    operands: ['read*'],
  },
  tail: {
    does: 'reads',
    flags: '-fFqvz --retry --quiet --silent --verbose --zero-terminated',
    options: {
      '-n --lines': 'count',
      '-c --bytes': 'count',
      '--follow': 'name|descriptor?',
      '--pid': 'number',
      '-s --sleep-interval': 'count',
      '--max-unchanged-stats': 'number',
    },
    counts: true,
    operands: ['read*'],
  },
  wc: {
    does: 'reads',
    pure: true,
    flags: '-clmwL --bytes --chars --lines --words --max-line-length',
    options: { '--total': 'auto|always|only|never' },
    forbidden: { '--files0-from': LISTS },
    operands: ['read*'],
  },
  stat: {
    does: 'reads',
    flags: '-ft --file-system --terse',
    options: { '-c --format': 'text', '--printf': 'text', '--cached': 'default|never|always' },
    forbidden: { '-L --dereference': FOLLOWS },
    operands: ['read*'],
  },
  file: {
    does: 'reads',
    flags:
      '-bciEhIkNnprv0 --brief --mime --mime-type --mime-encoding --extension --keep-going --no-pad --raw --print0 --no-dereference --version',
    options: { '-F --separator': 'text', '-e --exclude': 'word' },
    forbidden: {
      '-f --files-from': LISTS,
      '-m --magic-file': 'reads another file',
      '-C --compile': WRITES,
      '-L --dereference': FOLLOWS,
      '-z -Z --uncompress --uncompress-noreport': RUNS,
      '-s --special-files': 'reads devices',
    },
    operands: ['read*'],
  },
  du: {
    does: 'reads',
    flags:
      '-0abchklmsSxP --null --all --apparent-size --bytes --total --human-readable --si --summarize --separate-dirs ' +
      '--one-file-system --inodes --no-dereference',
    options: {
      '-d --max-depth': 'number',
      '-B --block-size': 'count',
      '-t --threshold': 'count',
      '--exclude': 'glob',
      '--time': 'text?',
      '--time-style': 'text',
      '-X --exclude-from': 'read',
    },
    forbidden: { '-L --dereference -D -H --dereference-args': FOLLOWS, '--files0-from': LISTS },
    operands: ['read*'],
  },
  df: {
    does: 'reads',
    flags:
      '-ahHiklPTv --all --human-readable --si --inodes --local --portability --print-type --total --no-sync',
    options: {
      '-B --block-size': 'count',
      '-t --type': 'word',
      '-x --exclude-type': 'word',
      '--output': 'text?',
    },
    operands: ['read*'],
  },
  realpath: {
    does: 'reads',
    flags:
      '-eLmPqsz --canonicalize-existing --canonicalize-missing --logical --physical --quiet --no-symlinks --strip --zero',
    options: { '--relative-to --relative-base': 'read' },
    operands: ['read*'],
  },
  readlink: {
    does: 'reads',
    flags:
      '-femnqsvz --canonicalize --canonicalize-existing --canonicalize-missing --no-newline --quiet --silent --verbose --zero',
    operands: ['read*'],
  },
  tree: {
    does: 'reads',
    flags:
      '-adfghiDFNprstuvUcQSAC --dirsfirst --noreport --du --prune --gitignore --si --inodes --nolinks -J -X',
    options: {
      '-L --level': 'number',
      '-I': 'glob',
      '-P': 'glob',
      '--filelimit': 'number',
      '--charset': 'word',
      '--timefmt': 'text',
    },
    forbidden: { '-l': FOLLOWS, '-o': WRITES },
    operands: ['read*'],
  },
  test: {
    does: 'reads',
    style: 'whole',
    separateValues: true,
    dashes: 'unknown',
    flags: '-a -o',
    options: {
      '-b -c -d -e -f -g -G -h -k -L -N -O -p -r -s -S -u -w -x': 'read',
      '-n -z -eq -ne -gt -ge -lt -le': 'text',
    },
    operands: ['text*'],
  },
  diff: diffRules(),
  cmp: {
    does: 'reads',
    pure: true,
    flags: '-bls --print-bytes --verbose --quiet --silent',
    options: { '-i --ignore-initial': 'text', '-n --bytes': 'count' },
    operands: ['read', 'read', 'number', 'number'],
  },
  md5sum: checksum(),
  sha1sum: checksum(),
  sha256sum: checksum(),
  sha512sum: checksum(),
  cksum: { does: 'reads', pure: true, operands: ['read*'] },
};

function checksum(): ProgramRules {
  return {
    does: 'reads',
    pure: true,
    flags: '-btz --binary --text --tag --zero',
    forbidden: { '-c --check': LISTS },
    operands: ['read*'],
  };
}

function diffRules(): ProgramRules {
  return {
    does: 'reads',
    pure: true,
    // Two directories are compared file by file, also without -r; "diff a dir" reads dir/a, which can be a link.
    // In small letters only: diff repeats all its options above every file of a recursive comparison.
    insert: ['--no-dereference'],
    hides: { what: 'secret', also: ALSO_GIT, as: ['-x{name}'], at: 'options' },
    reachesBelow: 'always',
    flags:
      '-abBcdeEinNpqrstTuwyZ --brief --report-identical-files --ignore-case --ignore-tab-expansion --ignore-trailing-space ' +
      '--ignore-space-change --ignore-all-space --ignore-blank-lines --text --strip-trailing-cr --side-by-side ' +
      '--suppress-common-lines --recursive --new-file --minimal --no-dereference --show-c-function --left-column --normal --ed --rcs ' +
      '--expand-tabs --initial-tab --unidirectional-new-file --ignore-file-name-case --speed-large-files',
    options: {
      '-U': 'number',
      '--unified': 'number?',
      '-C': 'number',
      '--context': 'number?',
      '--color': 'always|never|auto?',
      '-W --width': 'number',
      '-I --ignore-matching-lines': 'pattern',
      '-x --exclude': 'glob',
      '-X --exclude-from': 'read',
      '-S --starting-file': 'word',
      '-F --show-function-line': 'pattern',
      '-L --label': 'text',
      '--tabsize': 'number',
      '-D --ifdef': 'text',
    },
    forbidden: {
      '-l --paginate': RUNS,
      '--from-file --to-file': 'reads one file more than the operands say',
    },
    operands: ['read', 'read'],
  };
}
