import type { ProgramRules } from '../policy/schema.ts';
import { LOADS } from './reasons.ts';

/** Compilers, linters and test runners of the tree. They load its code and settings. */
export const TOOLS: Readonly<Record<string, ProgramRules>> = {
  vitest: {
    does: 'anything',
    writesHere: true,
    dashes: 'keep',
    ...vitestOptions(),
    operands: ['text*'],
    refusedOperands: { init: 'waits for answers' },
    forbidden: {
      '--ui --api --open --standalone': 'opens a port',
      '--inspect --inspect-brk --inspectBrk': 'opens a port for debuggers, who can run code',
      '--execArgv --exec-argv --poolOptions': LOADS,
      '--browser': 'starts a browser',
    },
  },
  tsc: {
    does: 'anything',
    writesHere: true,
    style: 'whole',
    separateValues: true,
    dashes: 'unknown',
    flags:
      '--version -v --help -h --all --build -b --noEmit --watch -w --pretty --incremental --listFiles --listFilesOnly ' +
      '--listEmittedFiles --showConfig --strict --declaration -d --emitDeclarationOnly --skipLibCheck --sourceMap ' +
      '--traceResolution --diagnostics --extendedDiagnostics --noErrorTruncation --force -f --clean --dry --verbose ' +
      '--explainFiles --noUnusedLocals --noUnusedParameters --esModuleInterop --allowJs --checkJs --composite ' +
      '--preserveWatchOutput --resolveJsonModule --isolatedModules --stopBuildOnErrors --noCheck --init',
    options: {
      '--project -p': 'read',
      '--target -t': 'word',
      '--module -m': 'word',
      '--moduleResolution': 'word',
      '--lib': 'word',
      '--types': 'word',
      '--jsx': 'word',
      '--customConditions': 'word',
      '--outDir --outFile --declarationDir --tsBuildInfoFile --generateTrace --generateCpuProfile': 'write',
      '--rootDir --baseUrl': 'read',
    },
    operands: ['read*'],
  },
  eslint: {
    does: 'anything',
    writesHere: true,
    flags:
      '-hv --help --version --quiet --fix --fix-dry-run --cache --no-eslintrc --no-config-lookup --no-ignore --no-inline-config --report-unused-disable-directives --color --no-color --debug --no-warn-ignored --no-error-on-unmatched-pattern --pass-on-no-patterns --stats --stdin',
    options: {
      '-c --config': 'read',
      '-f --format': 'stylish|json|html|json-with-metadata|unix|compact|junit|checkstyle|tap|visualstudio',
      '--ext': 'word',
      '--rule --env --global': 'text',
      '--max-warnings': 'integer',
      '--ignore-pattern': 'glob',
      '--ignore-path --print-config --stdin-filename': 'read',
      '--fix-type': 'word',
      '-o --output-file': 'write',
      '--cache-location --cache-file': 'write',
      '--cache-strategy': 'metadata|content',
    },
    forbidden: { '--rulesdir --plugin --parser --resolve-plugins-relative-to --flag': LOADS },
    writesWith: '--fix',
    operands: ['read*'],
  },
  oxlint: {
    does: 'anything',
    writesHere: true,
    flags:
      '-hV --help --version --fix --fix-suggestions --quiet --silent --deny-warnings --no-ignore --import-plugin --react-plugin --jsdoc-plugin --vitest-plugin --jest-plugin --jsx-a11y-plugin --nextjs-plugin --promise-plugin --node-plugin --type-aware --rules --print-config --report-unused-disable-directives --disable-nested-config',
    options: {
      '-c --config': 'read',
      '--tsconfig': 'read',
      '-f --format': 'checkstyle|default|github|gitlab|json|junit|stylish|unix',
      '-A --allow -W --warn -D --deny': 'word',
      '--max-warnings --threads': 'number',
      '--ignore-pattern': 'glob',
      '--ignore-path': 'read',
    },
    writesWith: '--fix --fix-suggestions',
    operands: ['read*'],
  },
  prettier: {
    does: 'anything',
    writesHere: true,
    flags:
      '-hvcwlu --help --version --check --write --list-different --ignore-unknown --no-config --no-editorconfig --no-color --single-quote --no-semi --cache --no-error-on-unmatched-pattern --require-pragma --with-node-modules',
    options: {
      '--config --ignore-path --stdin-filepath --find-config-path --file-info': 'read',
      '--parser': 'word',
      '--print-width --tab-width': 'number',
      '--log-level': 'silent|error|warn|log|debug',
      '--prose-wrap': 'always|never|preserve',
      '--trailing-comma': 'all|es5|none',
      '--end-of-line': 'lf|crlf|cr|auto',
      '--cache-location': 'write',
      '--cache-strategy': 'metadata|content',
    },
    forbidden: { '--plugin': LOADS, '--config-path': LOADS },
    writesWith: '-w --write',
    operands: ['read*'],
  },
};

function vitestOptions(): Pick<ProgramRules, 'flags' | 'options'> {
  return {
    flags:
      '-hvuw --help --version --update --watch --run --no-watch --coverage --silent --hideSkippedTests --passWithNoTests --no-color --globals --allowOnly --no-file-parallelism --no-isolate --logHeapUsage --typecheck --coverage.enabled',
    options: {
      '-t --testNamePattern --test-name-pattern': 'pattern',
      '-c --config': 'read',
      '-r --root': 'read',
      '--dir': 'read',
      '--project': 'glob',
      '--reporter':
        'default|basic|verbose|dot|json|junit|tap|tap-flat|tree|agent|github-actions|hanging-process|html|blob',
      '--outputFile --output-file': 'write',
      '--environment': 'node|jsdom|happy-dom|edge-runtime',
      '--pool': 'forks|threads|vmForks|vmThreads',
      '--bail --retry --testTimeout --hookTimeout --maxWorkers --minWorkers --max-workers --teardownTimeout':
        'number',
      '--mode': 'word',
      '--shard': 'word',
      '--exclude': 'glob',
      '--changed': 'revision?',
      '--coverage.reporter': 'word',
      '--coverage.provider': 'v8|istanbul',
      '--coverage.include --coverage.exclude': 'glob',
      '--coverage.reportsDirectory': 'write',
      '--sequence.shuffle --sequence.concurrent': 'true|false?',
      '--sequence.seed': 'number',
    },
  };
}
