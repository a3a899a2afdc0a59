import type { ProgramRules } from '../policy/schema.ts';
import { LOADS, RUNS, WRITES } from './reasons.ts';

const NPM_COMMON: ProgramRules = {
  style: 'whole',
  env: { NPM_CONFIG_UPDATE_NOTIFIER: 'false', NPM_CONFIG_FUND: 'false', NPM_CONFIG_LOGS_MAX: '0' },
  forbidden: {
    '-g --global --location': 'leaves the workspace',
    '--script-shell --shell --node-options --git --editor --viewer --browser': RUNS,
    '--userconfig --globalconfig --cache --registry --proxy --https-proxy':
      'changes where packages and settings come from',
    '--prefix -C': 'leaves the working directory; pass cwd with the command',
    '--call -c': RUNS,
  },
};

const NPM_VIEW: ProgramRules = {
  ...NPM_COMMON,
  flags:
    '--json --long -l --parseable -p --all -a --silent -s --workspaces -ws --include-workspace-root --omit-lockfile-registry-resolved',
  options: { '--depth': 'number', '--omit --include': 'dev|optional|peer|prod', '-w --workspace': 'word' },
};

const NPM_LOOKING: Readonly<Record<string, ProgramRules>> = {
  ls: { ...NPM_VIEW, operands: ['word*'] },
  list: { ...NPM_VIEW, operands: ['word*'] },
  ll: { ...NPM_VIEW, operands: ['word*'] },
  explain: { ...NPM_VIEW, operands: ['word*'] },
  why: { ...NPM_VIEW, operands: ['word*'] },
  root: NPM_VIEW,
  prefix: NPM_VIEW,
  query: { ...NPM_VIEW, operands: ['text'] },
  pkg: { ...NPM_VIEW, requires: 'operand', subcommands: { get: { ...NPM_VIEW, operands: ['text*'] } } },
};

const NPM: ProgramRules = {
  ...NPM_COMMON,
  does: 'reads',
  flags: '--version -v --silent -s --workspaces -ws',
  options: { '-w --workspace': 'word' },
  requires: '--version -v',
  subcommands: NPM_LOOKING,
};

const SCRIPT: ProgramRules = {
  ...NPM_COMMON,
  does: 'anything',
  writesHere: true,
  flags:
    '--silent -s --quiet -q --if-present --ignore-scripts --workspaces -ws --include-workspace-root --foreground-scripts',
  options: { '-w --workspace': 'word', '--loglevel': 'silent|error|warn|notice|http|info|verbose' },
  dashes: 'keep',
};

const NETWORK = 'downloads packages and may run their scripts';

const INSTALL: ProgramRules = {
  ...SCRIPT,
  effect: 'ask',
  reason: NETWORK,
  flags: `${SCRIPT.flags} -D --save-dev -E --save-exact -O --save-optional --no-save --save -S -P --save-prod --dry-run --legacy-peer-deps --prefer-offline --offline --no-audit --no-fund --package-lock-only --force -f --production`,
  options: { ...SCRIPT.options, '--omit --include': 'dev|optional|peer|prod' },
};

const NPM_ONLINE: ProgramRules = {
  ...NPM_VIEW,
  effect: 'ask',
  reason: 'uses the network',
  does: 'anything',
  operands: ['word*'],
};

const PACKAGE_SCRIPTS: Readonly<Record<string, ProgramRules>> = {
  run: { ...SCRIPT, operands: ['word', 'text*'] },
  'run-script': { ...SCRIPT, operands: ['word', 'text*'] },
  test: { ...SCRIPT, operands: ['text*'] },
  t: { ...SCRIPT, operands: ['text*'] },
  start: { ...SCRIPT, operands: ['text*'] },
  stop: { ...SCRIPT, operands: ['text*'] },
  restart: { ...SCRIPT, operands: ['text*'] },
  outdated: NPM_ONLINE,
  view: NPM_ONLINE,
  audit: {
    ...NPM_VIEW,
    effect: 'ask',
    reason: 'uses the network',
    does: 'anything',
    options: { ...NPM_VIEW.options, '--audit-level': 'info|low|moderate|high|critical' },
    operands: ['fix|signatures'],
  },
  info: NPM_ONLINE,
  show: NPM_ONLINE,
  search: NPM_ONLINE,
  prune: { ...INSTALL, operands: ['word*'] },
  dedupe: INSTALL,
  rebuild: { ...INSTALL, operands: ['word*'] },
  add: { ...INSTALL, operands: ['word*'] },
  ci: INSTALL,
  'clean-install': INSTALL,
  install: { ...INSTALL, operands: ['word*'] },
  i: { ...INSTALL, operands: ['word*'] },
  uninstall: { ...INSTALL, operands: ['word*'] },
  remove: { ...INSTALL, operands: ['word*'] },
  update: { ...INSTALL, operands: ['word*'] },
  pkg: {
    ...NPM_LOOKING['pkg'],
    subcommands: {
      ...NPM_LOOKING['pkg']?.subcommands,
      set: { ...NPM_VIEW, does: 'writes', writesHere: true, operands: ['text*'] },
      delete: { ...NPM_VIEW, does: 'writes', writesHere: true, operands: ['text*'] },
    },
  },
};

const NODE_FORBIDDEN = {
  '-e --eval -p --print -pe': 'runs code from its arguments; write a file and run that',
  '-r --require --import --loader --experimental-loader': LOADS,
  '-i --interactive': 'runs code from stdin',
  '--inspect --inspect-brk --inspect-port --inspect-wait --inspect-publish-uid --debug':
    'opens a port for debuggers, who can run code',
  '--env-file --env-file-if-exists --experimental-config-file --experimental-default-config-file --openssl-config':
    'loads settings that can load code',
  '--run': 'runs a script through a shell; use npm run',
  '--build-snapshot --experimental-sea-config --build-sea': WRITES,
  '--redirect-warnings --heap-prof-dir --cpu-prof-dir --diagnostic-dir --report-dir --report-directory':
    WRITES,
};

const NODE_INFORMATION: ProgramRules = {
  does: 'reads',
  style: 'whole',
  flags: '--version -v --help -h --v8-options',
  forbidden: NODE_FORBIDDEN,
  requires: '--version -v --help -h --v8-options',
};

const NODE_CHECK: ProgramRules = {
  does: 'reads',
  style: 'whole',
  flags: '--check -c',
  forbidden: NODE_FORBIDDEN,
  requires: '--check -c',
  operands: ['script'],
};

const NODE_FLAGS =
  '--enable-source-maps --no-warnings --trace-warnings --trace-deprecation --trace-uncaught --throw-deprecation ' +
  '--experimental-strip-types --experimental-transform-types --no-experimental-strip-types --expose-gc --preserve-symlinks ' +
  '--experimental-vm-modules --pending-deprecation --no-deprecation --experimental-sqlite';

const NODE_OPTIONS: NonNullable<ProgramRules['options']> = {
  '--max-old-space-size --max-semi-space-size --stack-trace-limit --stack-size': 'number',
  '--unhandled-rejections': 'throw|strict|warn|none|warn-with-error-codes',
  '--conditions -C': 'word',
  '--disable-warning': 'word',
};

const NODE_RUN: ProgramRules = {
  does: 'anything',
  writesHere: true,
  style: 'whole',
  flags: `${NODE_FLAGS} --watch --watch-preserve-output`,
  options: NODE_OPTIONS,
  forbidden: NODE_FORBIDDEN,
  requires: 'operand',
  optionsEndAtOperand: true,
  operands: ['script', 'text*'],
};

const NODE_TEST: ProgramRules = {
  ...NODE_RUN,
  flags: `${NODE_FLAGS} --test --test-only --test-force-exit --experimental-test-coverage --experimental-test-module-mocks --experimental-test-snapshots --test-update-snapshots --watch`,
  options: {
    ...NODE_OPTIONS,
    '--test-reporter': 'spec|tap|dot|junit|lcov',
    '--test-reporter-destination': 'stdout|stderr',
    '--test-name-pattern --test-skip-pattern': 'pattern',
    '--test-concurrency --test-timeout --test-coverage-lines --test-coverage-branches --test-coverage-functions':
      'number',
    '--test-isolation': 'process|none',
    '--test-shard': 'word',
    '--test-coverage-include --test-coverage-exclude': 'glob',
  },
  requires: '--test',
  optionsEndAtOperand: false,
  dashes: 'unknown',
  operands: ['read*'],
};

/** Asking node and npm about themselves and the packages here. */
export const NODE: Readonly<Record<string, ProgramRules>> = {
  node: { alternatives: [NODE_INFORMATION, NODE_CHECK] },
  npm: NPM,
};

/** Running scripts, tests and tools of the tree. They run its code: as safe as the tree, or the sandbox. */
export const NODE_DEV: Readonly<Record<string, ProgramRules>> = {
  node: { alternatives: [NODE_INFORMATION, NODE_CHECK, NODE_TEST, NODE_RUN] },
  npm: {
    ...NPM,
    subcommands: {
      ...NPM_LOOKING,
      ...PACKAGE_SCRIPTS,
      ...Object.fromEntries(
        ['exec', 'x', 'explore', 'edit', 'init', 'create'].map((name) => [
          name,
          { effect: 'deny', reason: 'runs other programs; use npx with a known tool' } satisfies ProgramRules,
        ]),
      ),
      ...Object.fromEntries(
        [
          'publish',
          'login',
          'logout',
          'token',
          'owner',
          'access',
          'config',
          'set',
          'link',
          'adduser',
          'deprecate',
          'unpublish',
        ].map((name) => [
          name,
          {
            effect: 'deny',
            reason: 'changes accounts, settings or published packages',
          } satisfies ProgramRules,
        ]),
      ),
    },
  },
  // "--no": what is not installed is not downloaded.
  npx: {
    does: 'anything',
    style: 'whole',
    insert: ['--no'],
    flags: '--no --no-install --quiet -q --offline',
    forbidden: {
      '-y --yes -p --package': 'downloads packages; install them first',
      '-c --call --node-options -n --node-arg --shell --script-shell': RUNS,
    },
    requires: 'operand',
    optionsEndAtOperand: true,
    operands: ['word', 'text*'],
    runs: ['vitest', 'tsc', 'eslint', 'oxlint', 'prettier', 'node', 'npm', 'tsx'],
  },
  tsx: { ...NODE_RUN, flags: '--no-warnings --enable-source-maps', options: { '--tsconfig': 'read' } },
};
