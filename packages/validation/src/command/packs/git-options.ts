import type { ProgramRules } from '../policy/schema.ts';
import { GIT_HIDES } from './hides.ts';
import { RUNS, WRITES } from './reasons.ts';

const FORBIDDEN = {
  '--output --output-directory': WRITES,
  '--ext-diff --textconv --filters --ext-grep': RUNS,
  '--upload-pack --receive-pack --exec': RUNS,
  '--show-signature --gpg-sign': RUNS,
};

const DIFF_FLAGS =
  '-h -p -u -s -w -b -R -a -W --patch --no-patch --raw --patch-with-raw --patch-with-stat --minimal --patience --histogram ' +
  '--numstat --shortstat --summary --name-only --name-status --no-renames --check --full-index --binary ' +
  '--pickaxe-all --pickaxe-regex --relative --no-relative --text --ignore-cr-at-eol --ignore-space-at-eol ' +
  '--ignore-space-change --ignore-all-space --ignore-blank-lines --function-context --exit-code --quiet --no-prefix ' +
  '--default-prefix --no-color --compact-summary --cumulative --indent-heuristic --no-indent-heuristic --no-ext-diff ' +
  '--no-textconv --irreversible-delete --no-color-moved -t -c --cc --merge-base -z';

const DIFF_OPTIONS: NonNullable<ProgramRules['options']> = {
  '-U --unified': 'number',
  '--stat': 'text?',
  '--stat-width --stat-name-width --stat-count --stat-graph-width': 'number',
  '-X --dirstat': 'text?',
  '--diff-filter': 'word',
  '--diff-algorithm': 'default|myers|minimal|patience|histogram',
  '--anchored': 'text',
  '-M --find-renames': 'count?',
  '-C --find-copies': 'count?',
  '--find-copies-harder': {},
  '-B --break-rewrites': 'text?',
  '-l': 'number',
  '-G': 'pattern',
  '--word-diff': 'color|plain|porcelain|none?',
  '--word-diff-regex --color-words': 'pattern?',
  '--color': 'always|never|auto?',
  '--color-moved': 'no|default|plain|blocks|zebra|dimmed-zebra?',
  '--abbrev': 'number?',
  '--submodule': 'short|log?',
  '--ignore-submodules': 'dirty|all?',
  '--ws-error-highlight': 'word',
  '--inter-hunk-context': 'number',
  '--src-prefix --dst-prefix --line-prefix': 'text',
  '-I --ignore-matching-lines': 'pattern',
  '--find-object': 'revision',
  '--diff-merges': 'off|none|on|first-parent|1|separate|m|combined|c|dense-combined|cc|remerge|r',
};

const LOG_FLAGS =
  '-g -i -E -F -P -m -q --oneline --graph --no-graph --all --follow --no-decorate --merges --no-merges --first-parent --reverse ' +
  '--topo-order --date-order --author-date-order --no-abbrev-commit --abbrev-commit --parents --children --left-right ' +
  '--left-only --right-only --cherry-pick --cherry-mark --cherry --boundary --not --no-walk --do-walk --source ' +
  '--full-history --dense --sparse --simplify-merges --simplify-by-decoration --show-pulls --ancestry-path ' +
  '--regexp-ignore-case --extended-regexp --fixed-strings --perl-regexp --all-match --invert-grep --walk-reflogs ' +
  '--log-size --relative-date --use-mailmap --no-mailmap --mailmap --no-notes --clear-decorations --count ' +
  '--reflog --exclude-promisor-objects --remove-empty --full-diff';

const LOG_OPTIONS: NonNullable<ProgramRules['options']> = {
  '-n --max-count': 'number',
  '--skip': 'number',
  '--since --after --until --before --since-as-filter': 'text',
  '--author --committer --grep --grep-reflog': 'pattern',
  '--min-parents --max-parents': 'number',
  '--branches --tags --remotes': 'glob?',
  '--glob --exclude': 'glob',
  '--decorate': 'short|full|auto|no?',
  '--decorate-refs --decorate-refs-exclude': 'glob',
  '--pretty': 'text?',
  '--format': 'text',
  '--date': 'text',
  '--encoding': 'word',
  '--notes': 'text?',
  '-L': 'text',
  '--show-linear-break': 'text?',
  '--expand-tabs': 'number?',
};

const FORBIDDEN_DIFF = {
  ...FORBIDDEN,
  '-O': 'reads another file',
  '--no-index': 'leaves the repository; use diff',
  '--stdin': 'reads arguments from stdin, which nobody checked',
};

export const GIT_LOG: ProgramRules = {
  insert: ['--no-ext-diff', '--no-textconv'],
  flags: unclustered(DIFF_FLAGS, LOG_FLAGS),
  options: { ...DIFF_OPTIONS, ...LOG_OPTIONS, '-S': 'pattern' },
  forbidden: FORBIDDEN_DIFF,
  counts: true,
  dashes: 'keep',
  operands: ['tree*'],
  afterDashes: ['tree*'],
};

// Otherwise git runs in every submodule, with the filters of its own settings; no setting of ours stops that.
export const GIT_SUBMODULES = ['--ignore-submodules=dirty'];

export const GIT_DIFF: ProgramRules = {
  ...GIT_LOG,
  // git takes no pathspecs next to two files of revisions. One alone is compared with the working tree.
  hides: { ...GIT_HIDES, unlessObjects: true },
  insert: ['--no-ext-diff', '--no-textconv', ...GIT_SUBMODULES],
  flags: unclustered(DIFF_FLAGS, '--cached --staged --ours --theirs --base -0 -1 -2 -3 -q'),
  options: { ...DIFF_OPTIONS, '-S': 'pattern' },
  counts: false,
};

export const GIT_PLAIN: ProgramRules = { dashes: 'keep', forbidden: FORBIDDEN };

export const GIT_REF_OPTIONS: NonNullable<ProgramRules['options']> = {
  '--contains --no-contains --merged --no-merged --points-at': 'revision?next',
  '--sort --format': 'text',
  '--color': 'always|never|auto?',
  '--column': 'text?',
  '--abbrev': 'number?',
};

/** Every option once. */
function unclustered(...lists: string[]): string {
  return [...new Set(lists.join(' ').split(' '))].join(' ');
}
