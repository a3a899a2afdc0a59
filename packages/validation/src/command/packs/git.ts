import type { ProgramRules } from '../policy/schema.ts';
import { GIT_LOOKING } from './git-looking.ts';
import { CONFIG, RUNS } from './reasons.ts';

/** Stops the settings of a strange tree that git would run; the check `git-config` finds the rest. */
const SAFE_SETTINGS = {
  'core.fsmonitor': 'false',
  'core.hooksPath': '/dev/null',
  'core.alternateRefsCommand': '',
  'log.showSignature': 'false',
  'commit.gpgSign': 'false',
  'tag.gpgSign': 'false',
  'push.gpgSign': 'false',
  'merge.verifySignatures': 'false',
  'safe.bareRepository': 'explicit',
  'submodule.recurse': 'false',
  'diff.submodule': 'short',
  'status.submoduleSummary': 'false',
  'protocol.ext.allow': 'never',
};

const ENVIRONMENT = {
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_ATTR_NOSYSTEM: '1',
  GIT_TERMINAL_PROMPT: '0',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_PAGER: 'cat',
  PAGER: 'cat',
  // Takes the message that is proposed (rebase --continue); a commit without one fails.
  GIT_EDITOR: 'true',
  GIT_SEQUENCE_EDITOR: 'true',
  GIT_ASKPASS: 'false',
  SSH_ASKPASS: 'false',
  GIT_SSH_COMMAND: 'ssh -oBatchMode=yes',
  GIT_MERGE_AUTOEDIT: 'no',
};

const NEVER_RUNS = 'runs programs named by settings or arguments';

/** What stands before a subcommand, and subcommands that are refused by name. */
export const GIT_COMMON: ProgramRules = {
  does: 'reads',
  insert: [
    '--no-pager',
    ...Object.entries(SAFE_SETTINGS).flatMap(([key, value]) => ['-c', `${key}=${value}`]),
  ],
  env: ENVIRONMENT,
  checks: ['git-config'],
  flags: '-hvP --version --no-pager --no-optional-locks --no-replace-objects',
  options: { '-C': 'directory' },
  forbidden: {
    '-c --config-env': CONFIG,
    '--exec-path': 'names the directory git loads its programs from',
    '-p --paginate': RUNS,
    '--git-dir --work-tree --namespace --super-prefix --attr-source':
      'leaves the repository of the working directory; use -C',
    '--bare': 'treats the directory as a repository with settings of its own',
    '--literal-pathspecs --glob-pathspecs --noglob-pathspecs --icase-pathspecs':
      'changes what patterns mean, and so what is left out',
    '--html-path --man-path --info-path --help': 'opens help pages; use the subcommand with -h',
  },
  requires: '-h -v --version',
};

/** git, looking only. */
export const GIT: ProgramRules = {
  ...GIT_COMMON,
  subcommands: {
    ...GIT_LOOKING,
    ...refused(
      'difftool mergetool filter-branch bisect daemon instaweb gui gitk help web--browse submodule send-email',
      NEVER_RUNS,
    ),
    ...refused('apply am', 'can rename files that are protected; edit files with the file tools'),
    ...refused(
      'upload-pack receive-pack upload-archive archive remote-ext remote-fd fast-import credential hook maintenance',
      NEVER_RUNS,
    ),
  },
};

function refused(names: string, reason: string): Record<string, ProgramRules> {
  return Object.fromEntries(names.split(' ').map((name) => [name, { effect: 'deny', reason }]));
}
