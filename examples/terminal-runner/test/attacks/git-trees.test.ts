// Repositories that somebody else made: what their settings, attributes and links would do to whoever looks at them.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from '@modelcontextprotocol/client';
import { describe, expect, test } from 'vitest';
import { temporaryDirectory } from '../e2e/at-end.ts';
import { connectHttp } from '../e2e/clients.ts';
import { startHttp } from '../e2e/terminal.ts';
import { attempt } from './attempts.ts';
import { createPlayground } from './playground.ts';

const playground = createPlayground();
const { canary, evil, outside, project } = playground;
const ENVIRONMENT = { PATH: process.env['PATH'] ?? '', HOME: temporaryDirectory(), GIT_CONFIG_NOSYSTEM: '1' };
const AUTHOR = ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.com'];

interface Strange {
  readonly what: string;
  /** Makes the repository harmful; the directory is one with two commits and a change. */
  readonly prepare: (directory: string, git: (...args: string[]) => string) => void;
  /** Does not show without this server: `git` itself has a guard, or nothing here reaches it. */
  readonly isSilent?: boolean;
  /** Known to work where no sandbox holds it: only a filter stands before it. */
  readonly isOpen?: boolean;
}

const hidden = join(outside, 'hidden');
execFileSync('git', ['init', '-q', '-b', 'main', hidden], { env: ENVIRONMENT });
writeFileSync(join(hidden, 'a.js'), `${canary}\n`);
execFileSync('git', [...AUTHOR, 'add', '.'], { cwd: hidden, env: ENVIRONMENT });
execFileSync('git', [...AUTHOR, 'commit', '-qm', canary], { cwd: hidden, env: ENVIRONMENT });
const hiddenBlob = execFileSync('git', ['rev-parse', 'HEAD:a.js'], {
  cwd: hidden,
  env: ENVIRONMENT,
  encoding: 'utf8',
}).trim();

function config(text: string): Strange['prepare'] {
  return (directory) => writeFileSync(join(directory, '.git/config'), text, { flag: 'a' });
}

function attributed(attribute: string, text: string): Strange['prepare'] {
  return (directory, git) => {
    writeFileSync(join(directory, '.gitattributes'), `*.js ${attribute}\n`);
    config(text)(directory, git);
  };
}

const TREES: readonly Strange[] = [
  { what: 'a monitor', prepare: config(`[core]\n\tfsmonitor = ${evil}\n`) },
  { what: 'a converter', prepare: attributed('diff=x', `[diff "x"]\n\ttextconv = ${evil}\n`) },
  { what: 'a diff driver', prepare: attributed('diff=x', `[diff "x"]\n\tcommand = ${evil}\n`) },
  { what: 'a diff program', prepare: config(`[diff]\n\texternal = ${evil}\n`) },
  { what: 'a filter', prepare: attributed('filter=x', `[filter "x"]\n\tclean = ${evil}\n`) },
  { what: 'a filter of another case', prepare: attributed('filter=x', `[FILTER "x"]\n\tCLEAN = ${evil}\n`) },
  { what: 'a filter that smudges', prepare: attributed('filter=x', `[filter "x"]\n\tsmudge = ${evil}\n`) },
  {
    what: 'a filter process',
    prepare: attributed('filter=x', `[filter "x"]\n\tprocess = ${evil}\n\trequired = true\n`),
  },
  {
    what: 'a filter in an included file',
    prepare(directory, git) {
      writeFileSync(join(directory, 'more'), `[filter "x"]\n\tclean = ${evil}\n`);
      attributed('filter=x', `[include]\n\tpath = ../more\n`)(directory, git);
    },
  },
  {
    what: 'a filter in a file included on a condition',
    prepare(directory, git) {
      writeFileSync(join(directory, 'more'), `[filter "x"]\n\tclean = ${evil}\n`);
      attributed('filter=x', `[includeIf "gitdir:**"]\n\tpath = ../more\n`)(directory, git);
    },
  },
  {
    what: 'a filter in the settings of a worktree',
    prepare(directory, git) {
      attributed(
        'filter=x',
        `[core]\n\trepositoryformatversion = 1\n[extensions]\n\tworktreeConfig = true\n`,
      )(directory, git);
      writeFileSync(join(directory, '.git/config.worktree'), `[filter "x"]\n\tclean = ${evil}\n`);
    },
  },
  { what: 'a merge driver', prepare: attributed('merge=x', `[merge "x"]\n\tdriver = ${evil} %A\n`) },
  {
    what: 'hooks',
    prepare(directory) {
      for (const name of [
        'pre-commit',
        'post-commit',
        'post-checkout',
        'post-merge',
        'commit-msg',
        'post-index-change',
        'reference-transaction',
      ])
        writeFileSync(join(directory, '.git/hooks', name), readFileSync(evil), { mode: 0o755 });
    },
  },
  {
    what: 'hooks elsewhere',
    prepare(directory, git) {
      mkdirSync(join(directory, 'hooks'));
      writeFileSync(join(directory, 'hooks/pre-commit'), readFileSync(evil), { mode: 0o755 });
      config('[core]\n\thooksPath = hooks\n')(directory, git);
    },
  },
  {
    what: 'a signing program',
    prepare: config(
      `[commit]\n\tgpgSign = true\n[gpg]\n\tprogram = ${evil}\n[log]\n\tshowSignature = true\n`,
    ),
  },
  { what: 'an editor', prepare: config(`[core]\n\teditor = ${evil}\n`), isSilent: true },
  {
    what: 'a pager',
    prepare: config(`[core]\n\tpager = ${evil}\n[pager]\n\tlog = ${evil}\n`),
    isSilent: true,
  },
  { what: 'an alias', prepare: config(`[alias]\n\tstatus = !${evil}\n\tlog = !${evil}\n`), isSilent: true },
  { what: 'a trailer', prepare: config(`[trailer "x"]\n\tcommand = ${evil}\n\tkey = X\n`) },
  { what: 'a lazy fetch by a program', prepare: lazyFetch(`ext::${evil}`), isSilent: true },
  { what: 'a lazy fetch by an upload program', prepare: lazyFetch(project, `\tuploadpack = ${evil}\n`) },
  { what: 'a lazy fetch over ssh', prepare: lazyFetch('ssh://-oProxyCommand=x/y'), isSilent: true },
  {
    what: 'a tree elsewhere',
    prepare(directory, git) {
      writeFileSync(join(outside, 'a.js'), `${canary}\n`);
      config(`[core]\n\tworktree = ${outside}\n`)(directory, git);
    },
  },
  {
    what: 'a repository elsewhere, by a file',
    prepare(directory) {
      rmSync(join(directory, '.git'), { recursive: true });
      writeFileSync(join(directory, '.git'), `gitdir: ${join(hidden, '.git')}\n`);
    },
  },
  {
    what: 'a repository elsewhere, by a link',
    prepare(directory) {
      rmSync(join(directory, '.git'), { recursive: true });
      symlinkSync(join(hidden, '.git'), join(directory, '.git'));
    },
  },
  {
    what: 'a repository elsewhere, in common',
    prepare(directory) {
      writeFileSync(join(directory, '.git/commondir'), `${join(hidden, '.git')}\n`);
    },
  },
  {
    what: 'objects elsewhere',
    prepare(directory) {
      writeFileSync(join(directory, '.git/objects/info/alternates'), `${join(hidden, '.git/objects')}\n`);
    },
  },
  {
    what: 'objects elsewhere, by a link',
    isOpen: true,
    prepare(directory) {
      const blob = `objects/${hiddenBlob.slice(0, 2)}`;
      rmSync(join(directory, '.git', blob), { recursive: true, force: true });
      symlinkSync(join(hidden, '.git', blob), join(directory, '.git', blob));
    },
  },
  {
    what: 'a message from elsewhere',
    prepare: config(`[commit]\n\ttemplate = ${outside}/canary.txt\n`),
  },
  {
    what: 'revisions to ignore from elsewhere',
    prepare: config(`[blame]\n\tignoreRevsFile = ${outside}/canary.txt\n`),
  },
  {
    what: 'a signature from elsewhere',
    prepare: config(`[format]\n\tsignatureFile = ${outside}/canary.txt\n`),
  },
  {
    what: 'names from elsewhere',
    prepare: config(`[mailmap]\n\tfile = ${outside}/canary.txt\n`),
    isSilent: true,
  },
  {
    what: 'a submodule with a monitor',
    prepare(directory, git) {
      const inner = join(directory, 'inner');
      execFileSync('git', ['init', '-q', inner], { env: ENVIRONMENT });
      writeFileSync(join(inner, 'b.js'), 'b\n');
      execFileSync('git', [...AUTHOR, 'add', '.'], { cwd: inner, env: ENVIRONMENT });
      execFileSync('git', [...AUTHOR, 'commit', '-qm', 'inner'], { cwd: inner, env: ENVIRONMENT });
      git('-c', 'advice.addEmbeddedRepo=false', 'add', 'inner');
      git('commit', '-qm', 'inner', 'inner');
      writeFileSync(join(inner, '.git/config'), `[core]\n\tfsmonitor = ${evil}\n`, { flag: 'a' });
      writeFileSync(join(inner, 'b.js'), 'c\n');
    },
  },
  {
    what: 'a repository without a tree, in the tree',
    prepare(directory) {
      const bare = join(directory, 'bare');
      execFileSync('git', ['init', '-q', '--bare', bare], { env: ENVIRONMENT });
      writeFileSync(
        join(bare, 'config'),
        `[core]\n\tbare = false\n\tworktree = ${directory}\n\tfsmonitor = ${evil}\n`,
        { flag: 'a' },
      );
    },
  },
];

function lazyFetch(url: string, more = ''): Strange['prepare'] {
  return (directory, git) => {
    const blob = git('rev-parse', 'HEAD~1:a.js').trim();
    rmSync(join(directory, '.git/objects', blob.slice(0, 2), blob.slice(2)), { force: true });
    config(
      `[core]\n\trepositoryformatversion = 1\n[extensions]\n\tpartialClone = origin\n[remote "origin"]\n\tpromisor = true\n\turl = ${url}\n${more}`,
    )(directory, git);
  };
}

/** What everybody does in a repository. */
const COMMANDS: readonly (readonly string[])[] = [
  ['status', '--short'],
  ['diff'],
  ['log', '-p', '--format=%h %aN %s %G?'],
  ['show', 'HEAD'],
  ['blame', 'a.js'],
  ['describe', '--always', '--dirty'],
  ['ls-files', '-m'],
  ['cat-file', '-p', hiddenBlob],
  ['show', hiddenBlob],
  ['format-patch', '--stdout', '-1'],
  ['add', 'a.js'],
  ['commit', '--allow-empty', '--allow-empty-message'],
  ['commit', '--allow-empty', '-m', 'change', '--trailer', 'X: y'],
  ['log', '-1'],
  ['switch', '-c', 'other', 'HEAD~1'],
  ['checkout', 'main'],
  ['merge', 'side'],
  ['stash', 'list'],
  ['-C', 'bare', 'status'],
];

function make({ what, prepare }: Strange, prefix: string): string {
  const name = `${prefix}/${what.replaceAll(/\W+/g, '-')}`;
  const directory = join(project, name);
  mkdirSync(directory, { recursive: true });
  const git = (...args: string[]) =>
    execFileSync('git', [...AUTHOR, ...args], {
      cwd: directory,
      env: ENVIRONMENT,
      encoding: 'utf8',
      stdio: 'pipe',
    });
  git('init', '-q', '-b', 'main');
  const commit = (content: string) => {
    writeFileSync(join(directory, 'a.js'), content);
    git('add', '.');
    git('commit', '-qm', 'one');
  };
  commit('1\n2\n3\n');
  commit('1\n2\n3\n4\n');
  git('checkout', '-qb', 'side', 'HEAD~1');
  commit('0\n1\n2\n3\n');
  git('checkout', '-q', 'main');
  writeFileSync(join(directory, 'a.js'), '1\n2\n3\n4\n5\n');
  prepare(directory, git);
  playground.traces(); // what making it set off
  return name;
}

test.runIf(process.env['TOOLYARD_PROOF'] === '1')(
  'each of them harms whoever uses git there by itself',
  () => {
    const harmless = TREES.filter(({ isSilent }) => !isSilent).filter((strange) => {
      const cwd = join(project, make(strange, 'alone'));
      const said = COMMANDS.map((args) =>
        playground.direct('git', [...AUTHOR, ...args], {
          cwd,
          env: {
            GIT_EDITOR: args.includes('commit') && strange.what === 'a message from elsewhere' ? 'true' : '',
          },
        }),
      );
      return playground.traces().length === 0 && !said.join('').includes(canary);
    });
    rmSync(join(project, 'alone'), { recursive: true });
    expect(harmless.map(({ what }) => what)).toEqual([]);
  },
  120_000,
);

async function connectTo(profile: string, sandbox: string): Promise<Client> {
  const settings = ['--profile', profile, '--sandbox', sandbox, '--data', temporaryDirectory()];
  const { url } = await startHttp([...settings, ...playground.roots]);
  return connectHttp(url);
}

/** What came of everybody's commands in a repository. */
async function harmOf(client: Client, cwd: string, commands = COMMANDS): Promise<string[]> {
  const harm: string[] = [];
  for (const args of commands) {
    const { text } = await attempt(client, 'run', { program: 'git', args, cwd });
    const effects = [
      ...playground.traces(),
      ...(text.includes(canary) ? [`reads: ${text.slice(0, 600)}`] : []),
    ];
    harm.push(...effects.map((effect) => `${cwd}: git ${args.join(' ')}: ${effect}`));
  }
  return harm;
}

// All of them take a minute and a half.
const isProof = process.env['TOOLYARD_PROOF'] === '1';
const SERVERS = isProof
  ? ([
      ['dev', 'none', COMMANDS],
      ['readonly', 'none', COMMANDS],
      ['dev', 'bwrap', COMMANDS],
    ] as const)
  : ([['dev', 'none', COMMANDS.slice(0, 9)]] as const);

describe.each(SERVERS)('profile %s, sandbox %s', (profile, sandbox, commands) => {
  test('none of them does', async () => {
    const client = await connectTo(profile, sandbox);
    const held = TREES.filter(({ isOpen }) => !isOpen);
    const places = held.map((strange) => make(strange, `${profile}-${sandbox}`));
    const before = playground.guarded();
    const harm: string[] = [];
    for (const place of places) harm.push(...(await harmOf(client, place, commands)));
    expect(harm).toEqual([]);
    expect(playground.guarded()).toBe(before);
  }, 200_000);
});

// Once one of them does no harm any more, its mark goes and it joins the others.
test.fails.each(TREES.filter(({ isOpen }) => isOpen))(
  'known to succeed without a sandbox: $what',
  async (strange) => {
    const client = await connectTo('dev', 'none');
    expect(await harmOf(client, make(strange, 'open'))).toEqual([]);
  },
);
