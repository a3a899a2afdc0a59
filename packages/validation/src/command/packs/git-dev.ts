import type { HidesRule, ProgramRules } from '../policy/schema.ts';
import { GIT_LOOKING } from './git-looking.ts';
import { GIT_PLAIN } from './git-options.ts';
import { GIT, GIT_COMMON } from './git.ts';
import { GIT_HIDES } from './hides.ts';
import { RUNS } from './reasons.ts';

const HERE: ProgramRules = { ...GIT_PLAIN, does: 'writes', writesHere: true };

const FINISH = '--abort --continue --skip --quit';

// A pattern such as ":(top).husky" would name more than the path that is checked.
const LITERAL = { env: { GIT_LITERAL_PATHSPECS: '1' } } as const;

const LOSES = { effect: 'ask', reason: 'throws uncommitted work away' } as const;

const UNTRACKED = { '-u --include-untracked': {}, '-a --all': {} };

const CLEAN: ProgramRules = {
  ...LITERAL,
  flags: '-dfnqx --force --dry-run --quiet',
  options: { '-e --exclude': 'glob' },
  forbidden: { '-i --interactive': 'waits for answers' },
  operands: ['remove*'],
};

// "subtree=.vscode" would write another directory than the branch names.
const STRATEGY_OPTIONS = {
  '-X --strategy-option':
    'ours|theirs|patience|histogram|diff-algorithm=histogram|diff-algorithm=patience|ignore-space-change|' +
    'ignore-all-space|ignore-space-at-eol|ignore-cr-at-eol|renormalize|no-renormalize|find-renames|no-renames',
};

// A stash of untracked files takes them out of the tree, and shows them to everyone who may look.
const STASH_HIDES: HidesRule = { ...GIT_HIDES, what: 'protected', at: 'afterDashes', with: '-u -a' };

function asks(reason: string, rules: ProgramRules): ProgramRules {
  return { ...HERE, ...rules, effect: 'ask', reason };
}

/** Subcommands that change the repository or its working tree. */
const CHANGING: Readonly<Record<string, ProgramRules>> = {
  add: {
    ...HERE,
    // What is in the index is shown by every git show. Without operands they would add everything.
    hides: { ...GIT_HIDES, with: 'operand -A -u' },
    flags:
      '-nvfN --dry-run --verbose --force --no-all --intent-to-add --refresh --ignore-errors --renormalize',
    options: { '--chmod': 'text', '-A --all': {}, '-u --update': {} },
    forbidden: {
      '-i --interactive -p --patch -e --edit': 'waits for answers',
      '--pathspec-from-file': 'reads names from a file',
    },
    operands: ['tree*'],
  },
  commit: {
    ...HERE,
    flags:
      '-aqsvno --all --quiet --signoff --verbose --no-verify --only --amend --no-edit --allow-empty --allow-empty-message ' +
      '--dry-run --short --branch --porcelain --no-post-rewrite --reset-author --no-gpg-sign --include -i',
    options: {
      '-m --message': 'text',
      '-F --file': 'read',
      '--author --date': 'text',
      '-C --reuse-message': 'revision',
      '--fixup': 'text',
      '--trailer': 'text',
      '--cleanup': 'strip|whitespace|verbatim|scissors|default',
    },
    forbidden: {
      '-S --gpg-sign': RUNS,
      '-e --edit -c --reedit-message -t --template -p --patch --interactive':
        'opens an editor or waits for answers',
    },
    operands: ['tree*'],
  },
  checkout: {
    ...HERE,
    flags:
      '-qdt --quiet --detach --track --no-track --guess --no-guess --ours --theirs --merge -m --progress --no-progress',
    options: { '-b -B --orphan': 'revision', '-f --force': LOSES },
    forbidden: { '-p --patch': 'waits for answers', '--pathspec-from-file': 'reads names from a file' },
    operands: ['tree*'],
    afterDashes: ['tree*'],
  },
  switch: {
    ...HERE,
    flags: '-qdt --quiet --detach --track --no-track --guess --no-guess --merge -m --progress --no-progress',
    options: {
      '-c --create': 'revision',
      '-C --force-create': 'revision',
      '--orphan': 'revision',
      '-f --force --discard-changes': LOSES,
    },
    operands: ['tree*'],
  },
  restore: {
    ...HERE,
    flags:
      '-qSW --quiet --staged --worktree --ours --theirs --merge -m --ignore-unmerged --overlay --no-overlay',
    options: { '-s --source': 'revision' },
    forbidden: { '-p --patch': 'waits for answers', '--pathspec-from-file': 'reads names from a file' },
    operands: ['tree*'],
  },
  merge: {
    ...HERE,
    flags: `-nqv --stat --no-stat --squash --no-squash --commit --no-commit --ff --no-ff --ff-only --no-edit --quiet --verbose --allow-unrelated-histories --signoff ${FINISH.replace(' --skip', '')}`,
    options: {
      '-m --message': 'text',
      '-s --strategy': 'ort|recursive|resolve|octopus|ours',
      ...STRATEGY_OPTIONS,
    },
    forbidden: { '-S --gpg-sign --verify-signatures': RUNS, '-e --edit': 'opens an editor' },
    operands: ['tree*'],
  },
  rebase: {
    ...HERE,
    flags: `-qvn --quiet --verbose --stat --no-stat --autostash --no-autostash --keep-base --root --fork-point --no-fork-point --rebase-merges ${FINISH}`,
    options: { '--onto': 'revision', ...STRATEGY_OPTIONS },
    forbidden: {
      '-x --exec': RUNS,
      '-i --interactive --edit-todo': 'opens an editor',
      '-S --gpg-sign': RUNS,
      '-s --strategy': RUNS,
    },
    operands: ['tree*'],
  },
  'cherry-pick': {
    ...HERE,
    flags: `-nxs --no-commit --signoff --allow-empty --keep-redundant-commits --ff ${FINISH}`,
    options: { '-m --mainline': 'number', ...STRATEGY_OPTIONS },
    forbidden: { '-S --gpg-sign': RUNS, '-e --edit': 'opens an editor', '--strategy': RUNS },
    operands: ['tree*'],
  },
  revert: {
    ...HERE,
    flags: `-ns --no-commit --no-edit --signoff ${FINISH}`,
    options: { '-m --mainline': 'number' },
    forbidden: { '-S --gpg-sign': RUNS, '-e --edit': 'opens an editor', '--strategy': RUNS },
    operands: ['tree*'],
  },
  mv: {
    ...HERE,
    ...LITERAL,
    flags: '-fknv --force --dry-run --verbose',
    operands: ['remove*', 'write'],
  },
  rm: {
    ...HERE,
    ...LITERAL,
    flags: '-fnrq --force --dry-run --cached --ignore-unmatch --quiet',
    operands: ['remove*'],
  },
  init: {
    ...HERE,
    flags: '-q --quiet',
    options: { '-b --initial-branch': 'revision' },
    forbidden: { '--template --separate-git-dir --bare': 'reaches other directories' },
    operands: ['write'],
  },
  branch: {
    alternatives: [
      ...(GIT_LOOKING['branch']?.alternatives ?? []),
      // Without force it deletes only what is merged.
      { ...HERE, requires: '-d --delete', flags: '-dq --delete --quiet', operands: ['revision*'] },
      {
        ...HERE,
        flags: '-mMcCftq --move --copy --force --track --no-track --quiet --unset-upstream',
        options: {
          '-u --set-upstream-to': 'revision',
          '-d --delete': { effect: 'ask', reason: 'deletes a branch' },
          '-D': { effect: 'ask', reason: 'deletes a branch that is not merged' },
        },
        forbidden: { '--edit-description': 'opens an editor' },
        operands: ['revision*'],
      },
    ],
  },
  tag: {
    alternatives: [
      ...(GIT_LOOKING['tag']?.alternatives ?? []),
      {
        ...HERE,
        flags: '-af --annotate --force --no-sign',
        options: {
          '-m --message': 'text',
          '-F --file': 'read',
          '-d --delete': { effect: 'ask', reason: 'deletes a tag' },
        },
        forbidden: { '-s --sign -u --local-user -v --verify': RUNS, '-e --edit': 'opens an editor' },
        operands: ['revision*'],
      },
    ],
  },
  stash: {
    ...HERE,
    flags: '-kq --keep-index --no-keep-index --quiet --staged',
    options: UNTRACKED,
    hides: STASH_HIDES,
    subcommands: {
      ...GIT_LOOKING['stash']?.subcommands,
      push: {
        ...HERE,
        flags: '-kqS --keep-index --no-keep-index --quiet --staged',
        options: { ...UNTRACKED, '-m --message': 'text' },
        hides: STASH_HIDES,
        forbidden: { '-p --patch': 'waits for answers', '--pathspec-from-file': 'reads names from a file' },
        operands: ['tree*'],
      },
      // Knows no patterns, so nothing could keep untracked files out.
      save: { ...HERE, flags: '-kqS --keep-index --no-keep-index --quiet --staged', operands: ['text*'] },
      pop: { ...HERE, flags: '-q --quiet --index', operands: ['revision'] },
      apply: { ...HERE, flags: '-q --quiet --index', operands: ['revision'] },
      branch: { ...HERE, operands: ['revision', 'revision'] },
      drop: asks('throws stashed work away', { flags: '-q --quiet', operands: ['revision'] }),
      clear: asks('throws all stashed work away', {}),
    },
  },
  reset: {
    ...HERE,
    flags: '-qN --quiet --soft --mixed --keep --merge --intent-to-add',
    options: { '--hard': LOSES },
    forbidden: { '-p --patch': 'waits for answers', '--pathspec-from-file': 'reads names from a file' },
    operands: ['tree*'],
    afterDashes: ['tree*'],
  },
  clean: {
    alternatives: [
      {
        ...asks('deletes files that are not in git', CLEAN),
        // With -X the same patterns would be what is deleted.
        hides: { what: 'protected', as: ['--exclude={anyCase}'], at: 'front' },
      },
      {
        ...asks('deletes ignored files, secrets such as .env included', CLEAN),
        flags: `${CLEAN.flags} -X`,
        requires: '-X',
      },
    ],
  },
  fetch: asks('uses the network', {
    does: 'anything',
    flags:
      '-apqvtfn --all --append --prune --prune-tags --quiet --verbose --tags --no-tags --force --dry-run --unshallow --progress --no-progress -4 -6',
    options: { '--depth --deepen -j --jobs': 'number', '--shallow-since': 'text', '--filter': 'word' },
    forbidden: {
      '--upload-pack': RUNS,
      '-o --server-option': 'sends text to the server',
      '--recurse-submodules': 'reaches other repositories',
    },
    operands: ['remote', 'revision*'],
  }),
  pull: asks('uses the network', {
    does: 'anything',
    flags:
      '-pqv --prune --quiet --verbose --ff --ff-only --no-ff --no-rebase --autostash --no-autostash --tags --no-tags --all --dry-run --squash --no-commit',
    options: { '-r --rebase': 'true|false|merges?', '--depth': 'number' },
    forbidden: {
      '--upload-pack': RUNS,
      '-S --gpg-sign': RUNS,
      '-e --edit': 'opens an editor',
      '-s --strategy': RUNS,
    },
    operands: ['remote', 'revision*'],
  }),
  push: asks('uses the network and changes another repository', {
    does: 'anything',
    flags:
      '-nquvd --dry-run --quiet --set-upstream --verbose --delete --tags --follow-tags --all --no-verify --atomic --porcelain --progress --no-progress',
    options: { '--force-with-lease': 'text?', '--force-if-includes': {} },
    forbidden: {
      '-f --force --mirror': 'overwrites what others pushed; use --force-with-lease',
      '--receive-pack --exec': RUNS,
      '--repo': 'names another repository',
      '--signed': RUNS,
      '-o --push-option': 'sends text to the server',
    },
    operands: ['remote', 'refspec*'],
  }),
  'ls-remote': asks('uses the network', {
    does: 'anything',
    flags: '-htqb --heads --branches --tags --refs --quiet --exit-code --get-url --symref',
    options: { '--sort': 'text' },
    forbidden: { '--upload-pack --exec': RUNS, '-o --server-option': 'sends text to the server' },
    operands: ['remote', 'glob*'],
  }),
  clone: asks('uses the network', {
    does: 'anything',
    flags:
      '-qvn --quiet --verbose --no-checkout --no-tags --single-branch --no-single-branch --sparse --progress --no-progress',
    options: {
      '--depth -j --jobs': 'number',
      '-b --branch': 'revision',
      '-o --origin': 'word',
      '--filter': 'word',
    },
    forbidden: {
      '-u --upload-pack': RUNS,
      '-c --config --template': 'brings settings that can run programs',
      '--bare --mirror --separate-git-dir --reference --reference-if-able -s --shared -l --local':
        'reaches other directories',
      '--recurse-submodules --recursive': 'reaches other repositories',
    },
    operands: ['remote', 'write'],
  }),
};

/** git for developing: changes are allowed, what loses work or uses the network asks. */
export const GIT_DEV: ProgramRules = {
  ...GIT_COMMON,
  subcommands: { ...GIT.subcommands, ...CHANGING },
};
