import type { Playground } from './playground.ts';

/** A command that would harm, were it run as it is written. */
export interface CommandAttack {
  readonly what: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  /** Whether it is refused before anything starts (default), fails in any way, or may run because it does no harm. */
  readonly ends?: 'refused' | 'failed' | 'harmless';
  /** Leaves a trace when it is run without this server: proves that the attack is one. */
  readonly hasTrace?: boolean;
}

/** Attacks by arguments, places and variables. */
export function commandAttacks({ outside, project, canary }: Playground): CommandAttack[] {
  const pwned = `${outside}/pwned`;
  const attacks: CommandAttack[] = [];
  const add = (what: string, words: readonly string[], more: Partial<CommandAttack> = {}) => {
    const [program = '', ...args] = words;
    attacks.push({ what, program, args, ...more });
  };
  const traced = { hasTrace: true };
  const harmless = { ends: 'harmless' } as const;
  const failed = { ends: 'failed' } as const;

  // Metacharacters of a shell, wherever a word can stand. No program gets to see a shell.
  for (const word of SHELL_WORDS(pwned)) {
    add('shell text as a program', [word]);
    add('shell text behind a program', [`ls ${word}`]);
    add('shell text as an argument', ['echo', word], harmless);
    add('shell text as an argument of printf', ['printf', '%s', word], harmless);
    add('shell text as a pattern', ['grep', '-e', word, 'README.md'], harmless);
    add('shell text as a path', ['cat', `x${word}`], failed);
    add('shell text as a working directory', ['ls'], { cwd: word });
    add('shell text in a variable', ['ls', 'src'], { env: { LANG: word }, ends: 'harmless' });
    add('shell text as input', ['cat'], { stdin: word, ends: 'harmless' });
  }

  // Programs that are shells, run others, or come from elsewhere.
  for (const program of [
    'sh',
    'bash',
    'env',
    'xargs',
    'nohup',
    'timeout',
    'setsid',
    'python3',
    'perl',
    'sudo',
    'busybox',
    'ssh',
    'curl',
    'docker',
    'vi',
    'ln',
    'chmod',
    'dd',
    'kill',
    'script',
  ])
    add(`the program ${program}`, [program, '-c', `touch ${pwned}`]);
  for (const program of [
    './evil.sh',
    'evil.sh',
    `${project}/evil.sh`,
    '../project/evil.sh',
    '/bin/sh',
    './git',
    'node_modules/.bin/git',
    '/proc/self/exe',
    'workspace:evil.sh',
    '',
    ' ',
    '-c',
    'git\0x',
    'git\n',
    'GIT',
    'git ',
    '\u202egit',
    'gi\u200bt',
    '..',
    '__proto__',
    'constructor',
  ])
    add(`a program by the name ${JSON.stringify(program)}`, [program, '--version']);

  // Programs planted where they could be looked for.
  add('git planted in the working directory', ['git', '--version'], harmless);
  add('node planted in the working directory', ['node', '--version'], harmless);
  add('cat planted beside packages', ['cat', 'README.md'], { ...harmless, cwd: 'node_modules/.bin' });
  add('a PATH of its own', ['ls'], { env: { PATH: `${project}/bin` }, hasTrace: true });

  // git by arguments.
  add('a monitor', ['git', '-c', 'core.fsmonitor=./evil.sh', 'status'], traced);
  add('a monitor, attached', ['git', '-ccore.fsmonitor=./evil.sh', 'status'], { hasTrace: false });
  add('an alias', ['git', '-c', 'alias.x=!./evil.sh', 'x'], traced);
  add('an alias from the environment', ['git', '--config-env=alias.x=X', 'x'], {
    env: { X: '!./evil.sh' },
    hasTrace: true,
  });
  add('programs from elsewhere', ['git', `--exec-path=${project}/bin`, 'status']);
  add('programs from elsewhere, abbreviated', ['git', '--exec-pat=bin', 'status']);
  add('another repository', ['git', `--git-dir=${outside}/.git`, 'log']);
  add('another tree', ['git', `--work-tree=${outside}`, 'status']);
  add('another tree by -C', ['git', '-C', outside, 'status']);
  add('another tree by -C through a link', ['git', '-C', 'out', 'status']);
  add('a file by --output', ['git', 'diff', `--output=${pwned}`], traced);
  add('a file by --output, apart', ['git', 'log', '--output', pwned], traced);
  add('a file by an abbreviated --output', ['git', 'log', `--outp=${pwned}`]);
  add('a file by --output behind a revision', ['git', 'show', 'HEAD', `--output=${pwned}`], traced);
  add('files by format-patch', ['git', 'format-patch', '-o', outside, 'HEAD~1']);
  add('a file by archive', ['git', 'archive', '-o', pwned, 'HEAD'], traced);
  add('a program by archive', ['git', 'archive', '--remote=.', '--exec=./evil.sh', 'HEAD'], traced);
  add('a program by ls-remote', ['git', 'ls-remote', '--upload-pack=./evil.sh', '.'], traced);
  add(
    'a program by an abbreviated option of ls-remote',
    ['git', 'ls-remote', '--upload-p=./evil.sh', '.'],
    traced,
  );
  add('a program by fetch', ['git', 'fetch', '--upload-pack', './evil.sh', '.'], traced);
  add(
    'a program by an address',
    ['git', '-c', 'protocol.ext.allow=always', 'ls-remote', 'ext::./evil.sh'],
    traced,
  );
  add('a program by an address alone', ['git', 'ls-remote', 'ext::./evil.sh']);
  add('a program by clone', ['git', 'clone', '-u', './evil.sh', '.', 'clone'], traced);
  add('settings in a clone', ['git', 'clone', '-c', 'core.fsmonitor=./evil.sh', '.', 'clone2']);
  add('a pager', ['git', 'grep', '-O./evil.sh', 'TODO'], traced);
  add('a pager in a cluster', ['git', 'grep', '-nO./evil.sh', 'TODO'], traced);
  add('a pager by its abbreviated name', ['git', 'grep', '--open-files=./evil.sh', 'TODO'], traced);
  add('a search elsewhere', ['git', 'grep', '--no-index', 'CANARY', outside]);
  add('a comparison elsewhere', ['git', 'diff', '--no-index', 'README.md', `${outside}/canary.txt`]);
  add('a file as an order', ['git', 'diff', `-O${outside}/canary.txt`]);
  add('a file as a message', ['git', 'commit', '--allow-empty', '-F', `${outside}/canary.txt`]);
  add('a file as settings', ['git', 'config', '-f', `${outside}/canary.txt`, '--list']);
  add('settings', ['git', 'config', 'core.hooksPath', '.']);
  add('a program for each commit', ['git', 'rebase', '-x', './evil.sh', 'HEAD~1']);
  add('a program to bisect with', ['git', 'bisect', 'run', './evil.sh']);
  add('a program for each submodule', ['git', 'submodule', 'foreach', './evil.sh']);
  add('a difftool', ['git', 'difftool', '-y', '-x', './evil.sh'], traced);
  add('a shell of git', ['git', 'shell', '-c', './evil.sh']);
  add('a patch of protected files', ['git', 'apply', 'evil.patch']);
  add('a tree elsewhere', ['git', 'worktree', 'add', `${outside}/tree`]);
  add('a repository elsewhere', ['git', 'init', `${outside}/repository`]);
  add('a repository with hooks', ['git', 'init', '--template=../outside', 'new']);
  add('a repository of its own elsewhere', ['git', 'init', `--separate-git-dir=${outside}/x`, 'new']);
  add('names from a file', ['git', 'add', `--pathspec-from-file=${outside}/canary.txt`]);
  add('a secret into the index', ['git', 'add', '-f', '.env']);
  add('a secret into the index by a pattern', ['git', 'add', '-f', ':(glob)**/.e*'], failed);
  add('addresses of remotes', ['git', 'remote', 'show', 'origin']);
  add('addresses of remotes by settings', ['git', 'config', '--list']);
  add('help', ['git', 'help', '-w', 'log']);
  add('ignored things removed', ['git', 'clean', '-fdX']);
  add('work thrown away', ['git', 'reset', '--hard']);

  // find, grep, sort, sed, tar and others.
  add('a program by find', ['find', 'src', '-exec', './evil.sh', ';'], traced);
  add(
    'a program by find, many',
    ['find', 'src', '-name', '*.js', '-execdir', './../evil.sh', '{}', '+'],
    traced,
  );
  add('a file by find', ['find', 'src', '-fprintf', pwned, 'x'], traced);
  add('a list by find', ['find', 'src', '-fls', pwned], traced);
  add('a removal by find', ['find', 'src', '-delete']);
  add('links followed by find', ['find', '-L', '.', '-name', 'canary*']);
  add('names from a file by find', ['find', '-files0-from', 'README.md']);
  add('links followed by grep', ['grep', '-R', 'CANARY', '.']);
  add('a link named to grep', ['grep', 'CANARY', 'link.txt']);
  add('patterns from elsewhere', ['grep', '-f', `${outside}/canary.txt`, 'README.md']);
  add('names left out, from elsewhere', ['grep', '-r', `--exclude-from=${outside}/canary.txt`, 'TODO', '.']);
  add(
    'secrets found by grep',
    ['grep', '-rs', '--exclude=fifo', '-D', 'skip', 'SESAME', 'config', 'src'],
    harmless,
  );
  add('a secret named to grep', ['grep', 'SESAME', '.env']);
  add('a secret by another name', ['cat', 'alias.txt']);
  add('a secret under a directory', ['head', 'config/.env.production']);
  add('a secret in small letters', ['cat', '.ENV']);
  add('settings of git', ['cat', '.git/config']);
  add('a program by sort', ['sort', '-S', '32b', '--compress-program=./evil.sh', 'middle.txt'], traced);
  add('a program by sort, abbreviated', ['sort', '-S', '32b', '--co=./evil.sh', 'middle.txt'], traced);
  add('a file by sort', ['sort', '-o', pwned, 'README.md'], traced);
  add('a file by sort, attached', ['sort', `-o${pwned}`, 'README.md'], traced);
  add('a file by sort, in a cluster', ['sort', `-ro${pwned}`, 'README.md'], traced);
  add('names from a file by sort', ['sort', '--files0-from=README.md']);
  add('files by sort', ['sort', '-T', outside, 'big.txt']);
  add('a program by sed', ['sed', '1e ./evil.sh', 'README.md'], traced);
  add('a program by a flag of sed', ['sed', 's/.*/.\\/evil.sh/e', 'README.md'], traced);
  add('a file by sed', ['sed', `w ${pwned}`, 'README.md'], traced);
  add('a file by a flag of sed', ['sed', `s/Project/x/w ${pwned}`, 'README.md'], traced);
  add('a file read by sed', ['sed', `r ${outside}/canary.txt`, 'README.md']);
  add('a file changed by sed', ['sed', '-i', 's/a/b/', 'README.md']);
  add('a file changed by sed, in a cluster', ['sed', '-ni', 'p', 'README.md']);
  add('a script for sed', ['sed', '-f', 'README.md', 'README.md']);
  add('a program by awk', ['awk', 'BEGIN { system("./evil.sh") }'], traced);
  add('a file by awk', ['awk', `BEGIN { print "x" > "${pwned}" }`], traced);
  add('a file by tee', ['tee', pwned], { stdin: 'x', hasTrace: true });
  add('a file by uniq', ['uniq', 'README.md', pwned], traced);
  add(
    'a program by tar',
    ['tar', '-cf', '/dev/null', '--checkpoint=1', '--checkpoint-action=exec=./evil.sh', 'src'],
    traced,
  );
  add(
    'a program by tar, abbreviated',
    ['tar', '-cf', '/dev/null', '--checkpoint=1', '--checkpoint-act=exec=./evil.sh', 'src'],
    traced,
  );
  add('a program for each file of tar', ['tar', '-xf', 'a.tar', '--to-command=./evil.sh'], traced);
  add('a compressor of tar', ['tar', '-cf', 'x.tar', '-I', './evil.sh', 'src'], traced);
  add('a compressor of tar, attached', ['tar', '-I./evil.sh', '-cf', 'x.tar', 'src'], traced);
  add('a compressor in a bundle', ['tar', 'cIf', './evil.sh', 'x.tar', 'src'], traced);
  add('a remote archive', ['tar', '-tf', 'host:x', '--rsh-command=./evil.sh']);
  add('names from a file by tar', ['tar', '-cf', 'x.tar', '-T', 'README.md']);
  add('a place elsewhere for tar', ['tar', '-xf', 'a.tar', '-C', outside]);
  add('links followed by tar', ['tar', '-chf', 'x.tar', 'out']);
  add('secrets packed', ['tar', '-cf', '-', 'config'], harmless);
  add('a secret packed', ['tar', '-cf', '-', '.env']);
  add('a filter from elsewhere', ['jq', '-n', '-f', `${outside}/canary.txt`]);
  add('a module of jq', ['jq', '-L', outside, 'import "x" as x; 1', 'package.json']);
  add('a file of jq', ['jq', '-n', '--rawfile', 'x', `${outside}/canary.txt`, '$x']);
  add('the environment of jq', ['jq', '-n', 'env'], harmless);
  add('what jq can include', ['jq', '-n', 'include "canary"; 1']);
  add('a search path inside a filter of jq', ['jq', '-n', `import "x" as $x {search: "${outside}"}; $x`]);
  add('a magic file', ['file', '-m', `${outside}/canary.txt`, 'README.md']);
  add('names from a file by file', ['file', '-f', `${outside}/canary.txt`]);
  add('names from a file by wc', ['wc', '--files0-from=README.md']);
  add('sums from a file', ['sha256sum', '-c', `${outside}/canary.txt`]);
  add('dates from a file', ['date', '-f', `${outside}/canary.txt`]);
  add('a comparison with a file elsewhere', ['diff', 'README.md', `${outside}/canary.txt`]);
  add('a comparison through a link', ['diff', '-r', 'src', 'out']);
  add('a copy elsewhere', ['cp', 'README.md', pwned], traced);
  add('a copy through a link', ['cp', 'README.md', 'out/pwned'], traced);
  add('a copy through a dangling link', ['cp', 'README.md', 'dangling']);
  add('a copy from elsewhere', ['cp', `${outside}/canary.txt`, 'mine.txt']);
  add('a copy of a secret', ['cp', '.env', 'mine.txt']);
  add('a copy to hooks', ['cp', 'README.md', '.git/hooks/post-commit']);
  add('a copy with its target first', ['cp', '-t', outside, 'README.md']);
  add('a link by cp', ['cp', '-s', `${outside}/canary.txt`, 'mine.txt']);
  add('links followed by cp', ['cp', '-rL', 'out', 'mine']);
  add('a move elsewhere', ['mv', 'big.txt', outside]);
  add('a move of a link', ['mv', 'link.txt', '../moved']);
  add('a move over hooks', ['mv', 'README.md', '.git/hooks/pre-commit']);
  add('a move of a root', ['mv', '.', '../other']);
  add('a removal of a root', ['rm', '-rf', project]);
  add('a removal elsewhere', ['rm', '-rf', outside]);
  add('a removal of everything', ['rm', '-rf', '--no-preserve-root', '/']);
  add('a removal through a link', ['rm', '-r', 'out/directory']);
  add('a directory elsewhere', ['mkdir', '-p', `${outside}/new`]);
  add('a directory of editors', ['mkdir', '-p', '.vscode']);
  add('a time elsewhere', ['touch', pwned], traced);
  add('a time through a dangling link', ['touch', 'dangling']);
  add('a start file of a shell', ['touch', '.bashrc']);

  // Links that lead to a directory: programs go up from where it is, texts from where the link stands.
  add('up behind a link', ['cat', 'out/../outside/canary.txt']);
  add(
    'up behind a link, to write',
    ['cp', 'README.md', 'node_modules/@scope/inner/../../../outside/pwned'],
    traced,
  );
  add('up behind a link of a package', ['cat', 'node_modules/@scope/inner/../../../outside/canary.txt']);
  add('up behind a link, after an option', [
    'tar',
    '-cf',
    '-',
    '-C',
    'node_modules/@scope/inner',
    '../../../outside/canary.txt',
  ]);
  add(
    'up behind a link, to a repository that was not looked at',
    ['git', '-C', 'node_modules/@scope/inner/../strange', 'status'],
    traced,
  );
  add(
    'up behind a link, in two steps',
    ['git', '-C', 'node_modules/@scope/inner', '-C', '../strange', 'status'],
    traced,
  );
  add('settings of git through a link', ['grep', '-r', 'url', 'gitlink']);
  add('settings of git through a link, packed', ['tar', '-cf', '-', 'gitlink/']);
  add('settings of git through a link, compared', ['diff', '-r', 'gitlink', 'src']);
  add('settings of git through a link, named', ['cat', 'gitlink/config']);

  // Operands that look like something else.
  add('a file that looks like an option', ['cat', '--output=x']);
  add('a file that looks like an option, behind dashes', ['cat', '--', '--output=x'], harmless);
  add('an en dash for a dash', ['git', 'log', '\u2013-output=x']);
  add('an argument with NUL', ['cat', 'README.md\0../outside/canary.txt']);
  add('an argument with a carriage return', ['echo', 'a\rb']);
  add('an argument with an escape sequence', ['echo', '\u001b]52;c;eA==\u0007']);
  add('an argument written backwards', ['echo', 'a\u202eb']);
  add('half a character', ['echo', '\ud800']);

  // Paths out of the roots.
  for (const path of outsidePaths({ outside, project })) {
    add(`cat ${path}`, ['cat', path], failed);
    add(`ls ${path}`, ['ls', path], failed);
    add(`a working directory ${path}`, ['ls'], { cwd: path });
  }

  // Variables.
  for (const [name, value] of Object.entries({
    LD_PRELOAD: './evil.so',
    LD_LIBRARY_PATH: project,
    NODE_OPTIONS: `--import=${project}/evil.mjs`,
    NODE_PATH: project,
    BASH_ENV: './evil.sh',
    ENV: './evil.sh',
    PATH: `${project}/bin`,
    HOME: outside,
    GIT_DIR: `${outside}/.git`,
    GIT_EXTERNAL_DIFF: './evil.sh',
    GIT_SSH_COMMAND: './evil.sh',
    GIT_SSH: './evil.sh',
    GIT_PROXY_COMMAND: './evil.sh',
    GIT_PAGER: './evil.sh',
    GIT_EDITOR: './evil.sh',
    GIT_EXEC_PATH: project,
    GIT_TEMPLATE_DIR: outside,
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_PARAMETERS: "'core.fsmonitor=./evil.sh'",
    GIT_TRACE: `${outside}/pwned`,
    GIT_ASKPASS: './evil.sh',
    PAGER: './evil.sh',
    EDITOR: './evil.sh',
    LESSOPEN: '|./evil.sh',
    npm_config_script_shell: './evil.sh',
    NPM_CONFIG_USERCONFIG: `${outside}/canary.txt`,
    npm_config_node_options: '--import=./evil.mjs',
    PYTHONSTARTUP: './evil.sh',
    PERL5OPT: '-Mevil',
    TAR_OPTIONS: '--checkpoint=1 --checkpoint-action=exec=./evil.sh',
    GREP_OPTIONS: '-R',
    TMPDIR: outside,
    LC_ALL: '../../outside',
    TZ: `:${outside}/canary.txt`,
    TERMINFO: outside,
    LOCPATH: outside,
    MAGIC: `${outside}/canary.txt`,
    IFS: '/',
    'A=B': 'x',
    '': 'x',
    'BASH_FUNC_ls%%': '() { ./evil.sh; }',
    __proto__: canary,
  })) {
    const env = Object.fromEntries([[name, value]]);
    add(`the variable ${name} for git`, ['git', 'status'], { env });
    if (!name.startsWith('GIT_')) add(`the variable ${name} for ls`, ['ls', 'src'], { env });
  }
  const controls: [string, string[], Record<string, string>][] = [
    ['a diff program by a variable', ['git', 'diff'], { GIT_EXTERNAL_DIFF: './evil.sh' }],
    ['a trace by a variable', ['git', 'status'], { GIT_TRACE: `${outside}/pwned` }],
    ['settings by variables', ['git', 'status'], { GIT_CONFIG_PARAMETERS: "'core.fsmonitor=./evil.sh'" }],
    [
      'options of tar by a variable',
      ['tar', '-tf', 'a.tar'],
      { TAR_OPTIONS: '--to-command=./evil.sh -x --no-list' },
    ],
    [
      'options of node by a variable',
      ['node', '--version'],
      { NODE_OPTIONS: `--import=${project}/evil.mjs` },
    ],
  ];
  for (const [what, words, env] of controls) add(what, words, { env });

  // node and npm.
  add('code for node', ['node', '-e', `require('fs').writeFileSync('${pwned}','x')`], traced);
  add('code for node, attached', ['node', `--eval=require('fs').writeFileSync('${pwned}','x')`], traced);
  add('code for node, printed', ['node', '-p', `require('fs').readFileSync('${outside}/canary.txt','utf8')`]);
  add('code for node, in a cluster', ['node', '-pe', `require('fs').writeFileSync('${pwned}','x')`], traced);
  add('code for node from stdin', ['node', '-'], {
    stdin: `require('fs').writeFileSync('${pwned}','x')`,
    hasTrace: true,
  });
  add('code for node from stdin, without a word', ['node'], {
    stdin: `require('fs').writeFileSync('${pwned}','x')`,
    hasTrace: true,
  });
  add('a module before', ['node', '--import', './evil.mjs', 'src/index.js'], traced);
  add('a module before, attached', ['node', '--import=./evil.mjs', 'src/index.js'], traced);
  add('a module before --version', ['node', '--import=./evil.mjs', '--check', 'src/index.js']);
  add('a debugger', ['node', '--inspect=0', 'src/index.js']);
  add('variables from a file', ['node', '--env-file=.env', 'src/index.js']);
  add('a script elsewhere', ['node', `${outside}/canary.txt`]);
  add('a script through a link', ['node', 'link.txt']);
  add('a script of a package file', ['node', '--run', 'test']);
  add('a report elsewhere', ['node', `--redirect-warnings=${pwned}`, 'src/index.js']);
  add('a coverage elsewhere', ['node', '--test', '--test-reporter=./evil.mjs']);
  add('a report of tests elsewhere', [
    'node',
    '--test',
    `--test-reporter-destination=${pwned}`,
    'test/math.test.js',
  ]);
  add('a shell for npm', ['npm', 'run', 'hello', '--script-shell=./evil.sh'], traced);
  add('a shell for npm, abbreviated', ['npm', 'run', 'hello', '--script-sh=./evil.sh']);
  add('options of node for npm', ['npm', 'run', 'hello', '--node-options=--import=./evil.mjs']);
  add('settings for npm', ['npm', '--userconfig', `${outside}/canary.txt`, 'ls']);
  add('another place for npm', ['npm', '--prefix', outside, 'ls']);
  add('another place for npm, short', ['npm', '-C', outside, 'ls']);
  add('a program by npm', ['npm', 'exec', '-c', './evil.sh'], traced);
  add('a program by npm, short', ['npm', 'x', '-c', './evil.sh']);
  add('settings of npm', ['npm', 'config', 'list']);
  add('settings of npm, read', ['npm', 'config', 'get', '//registry.invalid/:_authToken']);
  add('a publication', ['npm', 'publish']);
  add('a package of npx', ['npx', '-y', 'cowsay']);
  add('a package of npx, by its name', ['npx', '--package=cowsay', 'cowsay']);
  add('a program of npx', ['npx', '-c', './evil.sh'], traced);
  add('any program of npx', ['npx', 'git', 'status']);
  return attacks;
}

/** Paths that lead out, or to what is no file. */
export function outsidePaths({ outside, project }: Pick<Playground, 'outside' | 'project'>): string[] {
  return [
    '../outside/canary.txt',
    '../outside',
    'src/../../outside/canary.txt',
    'src/./..//../outside/./canary.txt',
    `${outside}/canary.txt`,
    `/${outside}/canary.txt`,
    `${project}/../outside/canary.txt`,
    `${project}2/canary.txt`,
    'out/canary.txt',
    'out/directory/inner.txt',
    'out/../outside/canary.txt',
    'out/../canary.txt',
    'link.txt',
    'dangling',
    'docs:../outside/canary.txt',
    'workspace:../outside/canary.txt',
    `workspace:${outside}/canary.txt`,
    'second:../outside/canary.txt',
    'WORKSPACE:../outside/canary.txt',
    'nowhere:canary.txt',
    `file://${outside}/canary.txt`,
    '/etc/passwd',
    '/etc/shadow',
    '/proc/self/environ',
    `/proc/self/root${outside}/canary.txt`,
    '/proc/self/cwd/../outside/canary.txt',
    '/proc/self/fd/0',
    '/proc/1/environ',
    '/dev/tcp/127.0.0.1/80',
    '/dev/zero',
    '/dev/stdin',
    '/sys/kernel',
    '~',
    '~/.bashrc',
    '~root/.bashrc',
    '$HOME/.bashrc',
    '..\\outside\\canary.txt',
    '%2e%2e/outside/canary.txt',
    '..%2foutside%2fcanary.txt',
    '\uff0e\uff0e/outside/canary.txt',
    '..\u2215outside\u2215canary.txt',
    '.\u200b./outside/canary.txt',
    '..\u0000/outside/canary.txt',
    '../outside/canary.txt\0.md',
    '\u202e../outside/canary.txt',
    `${'../'.repeat(40)}${outside.slice(1)}/canary.txt`,
    `${'src/../'.repeat(300)}../outside/canary.txt`,
    '.env/../../outside/canary.txt',
    '.env',
    './.env',
    'src/../.env',
    `${project}/.env`,
    '.npmrc',
    '.git/config',
    '.git/../.git/config',
    'README.md/../../outside/canary.txt',
  ];
}

function SHELL_WORDS(pwned: string): string[] {
  return [
    `; touch ${pwned}`,
    `&& touch ${pwned}`,
    `| tee ${pwned}`,
    `$(touch ${pwned})`,
    `\`touch ${pwned}\``,
    `\${IFS}touch\${IFS}${pwned}`,
    `> ${pwned}`,
    `\ntouch ${pwned}\n`,
    `'; touch ${pwned}; '`,
    `"; touch ${pwned}; "`,
    `\\; touch ${pwned}`,
    `$'\\x3b' touch ${pwned}`,
    `<<EOF\ntouch ${pwned}\nEOF`,
  ];
}
