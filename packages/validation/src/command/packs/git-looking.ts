import type { ProgramRules } from '../policy/schema.ts';
import { GIT_HIDES } from './hides.ts';
import { GIT_DIFF, GIT_LOG, GIT_PLAIN, GIT_REF_OPTIONS, GIT_SUBMODULES } from './git-options.ts';
import { RUNS } from './reasons.ts';

const GIT_CONFIG: ProgramRules = {
  ...GIT_PLAIN,
  flags: '-z --show-origin --show-scope --local --null --bool --int --path',
  options: { '--type': 'bool|int|bool-or-int|path|expiry-date|color', '--default': 'text' },
  forbidden: {
    '-f --file --blob': 'reads another file',
    '-e --edit': RUNS,
    '--global --system': 'leaves the repository',
  },
};

/** Subcommands that only look. */
export const GIT_LOOKING: Readonly<Record<string, ProgramRules>> = {
  log: GIT_LOG,
  whatchanged: GIT_LOG,
  show: GIT_LOG,
  reflog: {
    alternatives: [
      { ...GIT_PLAIN, requires: 'operand', subcommands: { show: GIT_LOG } },
      { ...GIT_LOG, operands: [], afterDashes: [] },
    ],
  },
  diff: GIT_DIFF,
  'diff-tree': { ...GIT_LOG, flags: `${GIT_LOG.flags} -r --root --no-commit-id` },
  'diff-index': GIT_DIFF,
  'diff-files': GIT_DIFF,
  'rev-list': {
    ...GIT_LOG,
    insert: [],
    flags: `${GIT_LOG.flags} --objects --objects-edge --disk-usage --use-bitmap-index --timestamp --header --no-object-names`,
  },
  'range-diff': { ...GIT_LOG, options: { ...GIT_LOG.options, '--creation-factor': 'number' } },
  'format-patch': {
    ...GIT_LOG,
    flags: `${GIT_LOG.flags} --stdout -k --keep-subject --no-signature --no-stat --signoff -N --no-numbered --numbered`,
    options: { ...GIT_LOG.options, '--base': 'revision', '--subject-prefix --signature': 'text' },
    requires: '--stdout',
  },
  shortlog: {
    ...GIT_PLAIN,
    insert: ['--no-ext-diff', '--no-textconv'],
    flags: '-seca --summary --email --committer --all --no-merges --merges --first-parent',
    options: {
      '--since --after --until --before --author --grep': 'text',
      '--group --format': 'text',
      '-w': 'text?',
      '-n --numbered': {},
    },
    counts: true,
    operands: ['tree*'],
    afterDashes: ['tree*'],
  },
  status: {
    ...GIT_PLAIN,
    insert: GIT_SUBMODULES,
    flags:
      '-sbz --short --branch --show-stash --long --no-ahead-behind --ahead-behind --null --no-renames --renames --no-column',
    options: {
      '--porcelain': 'v1|v2|1|2?',
      '-u --untracked-files': 'no|normal|all?',
      '--ignored': 'traditional|no|matching?',
      '--ignore-submodules': 'dirty|all?',
      '--find-renames': 'count?',
      '--column': 'text?',
    },
    operands: ['tree*'],
  },
  blame: {
    ...GIT_PLAIN,
    insert: ['--no-textconv'],
    flags:
      '-bcefFklnpstw --root --show-stats --score-debug --show-name --show-number --porcelain --line-porcelain --incremental --show-email --minimal --first-parent --progress --no-progress',
    options: {
      '-L': 'text',
      '-M -C': 'number?',
      '--since --after --date': 'text',
      '--abbrev': 'number',
      '--ignore-rev': 'revision',
      '--ignore-revs-file --contents': 'read',
      '--reverse': 'revision',
      '--color-lines': {},
      '--color-by-age': {},
    },
    operands: ['tree*'],
    afterDashes: ['tree*'],
  },
  'ls-files': {
    ...GIT_PLAIN,
    flags:
      '-cdmoiskutvfz --cached --deleted --modified --others --ignored --stage --killed --unmerged --directory ' +
      '--no-empty-directory --eol --exclude-standard --error-unmatch --full-name --deduplicate --debug',
    options: {
      '-x --exclude': 'glob',
      '-X --exclude-from': 'read',
      '--abbrev': 'number?',
      '--with-tree': 'revision',
      '--format': 'text',
    },
    operands: ['tree*'],
  },
  'ls-tree': {
    ...GIT_PLAIN,
    flags: '-drtlz --long --name-only --name-status --object-only --full-name --full-tree',
    options: { '--abbrev': 'number?', '--format': 'text' },
    operands: ['tree*'],
    afterDashes: ['tree*'],
  },
  'cat-file': {
    ...GIT_PLAIN,
    flags: '-tsep --allow-unknown-type --use-mailmap',
    operands: ['tree*'],
  },
  'rev-parse': {
    ...GIT_PLAIN,
    flags:
      '-q --verify --quiet --symbolic --symbolic-full-name --all --show-toplevel --show-cdup --show-prefix --git-dir ' +
      '--git-common-dir --absolute-git-dir --is-inside-work-tree --is-inside-git-dir --is-bare-repository ' +
      '--is-shallow-repository --show-superproject-working-tree --shared-index-path --revs-only --no-revs --flags ' +
      '--no-flags --not --show-ref-format',
    options: {
      '--short': 'number?',
      '--abbrev-ref': 'strict|loose?',
      '--default': 'revision',
      '--branches --tags --remotes': 'glob?',
      '--glob --exclude': 'glob',
      '--since --after --until --before': 'text',
      '--path-format': 'absolute|relative',
      '--show-object-format': 'storage|input|output?',
      '--git-path': 'word',
      '--disambiguate': 'word',
    },
    operands: ['tree*'],
    afterDashes: ['tree*'],
  },
  describe: {
    ...GIT_PLAIN,
    flags: '--all --tags --contains --debug --exact-match --first-parent --long --always',
    options: {
      '--dirty --broken': { value: 'text?', checks: ['git-submodules'] },
      '--abbrev --candidates': 'number',
      '--match --exclude': 'glob',
    },
    operands: ['revision*'],
  },
  grep: {
    ...GIT_PLAIN,
    insert: ['--no-textconv'],
    flags:
      '-viwaIEGFPnhHlLzocpWqr0 --cached --untracked --ignore-case --invert-match --word-regexp --text --extended-regexp ' +
      '--basic-regexp --fixed-strings --perl-regexp --line-number --column --full-name --files-with-matches --name-only ' +
      '--files-without-match --null --only-matching --count --no-color --break --heading --show-function ' +
      '--function-context --all-match --and --or --not --quiet --recursive --no-recursive --exclude-standard ' +
      '--no-exclude-standard --no-textconv',
    options: {
      '-e': 'pattern',
      '-f': 'read',
      '-A --after-context': 'number',
      '-B --before-context': 'number',
      '-C --context': 'number',
      '-m --max-count': 'number',
      '--max-depth --threads': 'integer',
      '--color': 'always|never|auto?',
    },
    hides: GIT_HIDES,
    // Otherwise the first of them would be the pattern.
    requires: 'operand -e -f',
    forbidden: {
      '-O --open-files-in-pager': RUNS,
      '--ext-grep --textconv': RUNS,
      '--no-index': 'leaves the repository; use grep -r',
    },
    counts: true,
    operands: [{ kind: 'pattern', unless: '-e -f' }, 'tree*'],
    afterDashes: ['tree*'],
  },
  'merge-base': {
    ...GIT_PLAIN,
    flags: '-a --all --octopus --is-ancestor --fork-point --independent',
    operands: ['revision*'],
  },
  'name-rev': {
    ...GIT_PLAIN,
    flags: '--tags --all --name-only --no-undefined --always',
    options: { '--refs --exclude': 'glob' },
    operands: ['revision*'],
  },
  'for-each-ref': {
    ...GIT_PLAIN,
    flags: '--ignore-case --omit-empty',
    options: {
      '--count': 'number',
      '--sort --format': 'text',
      '--color': 'always|never|auto?',
      '--points-at --merged --no-merged --contains --no-contains': 'revision?next',
      '--exclude': 'glob',
    },
    operands: ['glob*'],
  },
  'show-ref': {
    ...GIT_PLAIN,
    flags: '-dqs --head --heads --branches --tags --dereference --quiet --verify',
    options: { '--hash --abbrev': 'number?' },
    operands: ['revision*'],
  },
  'symbolic-ref': { ...GIT_PLAIN, flags: '-q --quiet --short', operands: ['revision'] },
  'count-objects': { ...GIT_PLAIN, flags: '-vH --verbose --human-readable' },
  cherry: {
    ...GIT_PLAIN,
    flags: '-v --verbose',
    options: { '--abbrev': 'number?' },
    operands: ['revision*'],
  },
  'check-ignore': {
    ...GIT_PLAIN,
    flags: '-qvnz --quiet --verbose --non-matching --no-index',
    // Names, which need not exist and are not opened.
    operands: ['glob*'],
  },
  'check-attr': { ...GIT_PLAIN, flags: '-az --all --cached', operands: ['word*'], afterDashes: ['glob*'] },
  version: { ...GIT_PLAIN, flags: '--build-options' },
  branch: {
    alternatives: [
      {
        ...GIT_PLAIN,
        flags:
          '-ailqrv --all --remotes --list --show-current --verbose --ignore-case --no-color --no-column --no-abbrev --quiet',
        options: GIT_REF_OPTIONS,
      },
      {
        ...GIT_PLAIN,
        flags: '-ailrv --all --remotes --list --verbose --ignore-case --no-color --no-column --no-abbrev',
        options: GIT_REF_OPTIONS,
        requires: '-l --list',
        operands: ['glob*'],
      },
    ],
  },
  tag: {
    alternatives: [
      { ...GIT_PLAIN, flags: '-il --list --ignore-case', options: { ...GIT_REF_OPTIONS, '-n': 'number?' } },
      {
        ...GIT_PLAIN,
        flags: '-il --list --ignore-case',
        options: { ...GIT_REF_OPTIONS, '-n': 'number?' },
        requires: '-l --list -n',
        operands: ['glob*'],
      },
    ],
  },
  remote: {
    ...GIT_PLAIN,
    flags: '-v --verbose',
    subcommands: { 'get-url': { ...GIT_PLAIN, flags: '--push --all', operands: ['word'] } },
  },
  stash: {
    ...GIT_PLAIN,
    requires: 'operand',
    subcommands: {
      list: GIT_LOG,
      show: {
        ...GIT_DIFF,
        hides: undefined,
        flags: `${GIT_DIFF.flags} --include-untracked --only-untracked`,
        operands: ['revision'],
      },
    },
  },
  worktree: {
    ...GIT_PLAIN,
    requires: 'operand',
    subcommands: { list: { ...GIT_PLAIN, flags: '-vz --verbose --porcelain' } },
  },
  config: {
    alternatives: [
      {
        ...GIT_CONFIG,
        flags: `${GIT_CONFIG.flags} --get --get-all`,
        requires: '--get --get-all operand',
        operands: ['setting'],
      },
      {
        ...GIT_CONFIG,
        flags: `${GIT_CONFIG.flags} -l --list --get-regexp --name-only`,
        requires: '--name-only',
        operands: ['pattern'],
      },
      {
        ...GIT_CONFIG,
        options: {
          ...GIT_CONFIG.options,
          '-l --list --get-regexp': {
            effect: 'ask',
            reason:
              'shows addresses and headers, which often hold tokens; use --name-only, or --get with one name',
          },
        },
        requires: '-l',
        operands: ['pattern'],
      },
    ],
  },
};
