/** Runs git in a tree with these arguments and resolves to its output; to an empty text when git fails. */
export type GitQuery = (args: readonly string[]) => Promise<string>;

const SETTINGS = ['config', '--list', '--no-includes', '--show-origin', '-z'] as const;
const DIRECTORIES = ['rev-parse', '--path-format=absolute', '--git-dir', '--git-common-dir'] as const;
// The index is read, and reading it asks the monitor of the tree.
const INDEX = ['-c', 'core.fsmonitor=false', 'ls-files', '--stage', '-z'] as const;
const OBJECTS = ['count-objects', '-v'] as const;

/** A setting that lets a tree run programs or reach out of itself. */
export interface GitTreeFinding {
  /** In the spelling of git: sections and names in lower case. */
  readonly key: string;
  /** `file:.git/config` */
  readonly origin: string;
}

/** Whether git may be run in a tree. */
export type GitTreeVerdict =
  | {
      readonly isSafe: true;
      /** Absolute. Where git keeps the repository; a `.git` file can name any place, so check it like a path to read. */
      readonly directories: readonly string[];
    }
  | { readonly isSafe: false; readonly findings: readonly GitTreeFinding[]; readonly reason: string };

/** The checks that decisions about git name. Each gets a {@link GitQuery} for the directory git will work in. */
export const GIT_CHECKS: Readonly<Record<string, (query: GitQuery) => Promise<GitTreeVerdict>>> = {
  'git-config': checkGitTree,
  'git-submodules': checkGitSubmodules,
};

const LFS = new Set(['git-lfs clean -- %f', 'git-lfs smudge -- %f', 'git-lfs filter-process']);

/**
 * Looks for settings in a tree's own configuration that make git run programs: filters, merge and diff drivers, signing
 * programs, credential helpers, included files. The run-time check `git-config`.
 *
 * Attributes need no check: a filter or driver they name does nothing until the configuration says what it runs.
 * Settings that the git rules override (`core.fsmonitor`, `core.hooksPath`, pagers, editors) are no findings.
 *
 * @param query - runs git without a shell and with the `env` of the decision. The questions run nothing themselves.
 * When it rejects, the check rejects.
 */
export async function checkGitTree(query: GitQuery): Promise<GitTreeVerdict> {
  const findings = readSettings(await query(SETTINGS))
    .filter(({ key, value, origin }) => origin !== 'command line:' && runsSomething(key, value))
    .map(({ key, origin }) => ({ key, origin }));
  if (findings.length === 0) {
    const own = (await query(DIRECTORIES)).split('\n').filter((directory) => directory !== '');
    // Objects of other repositories can be read by their hashes.
    const borrowed = [...(await query(OBJECTS)).matchAll(/^alternate: (.+)$/gm)].map(([, path]) => path!);
    return { isSafe: true, directories: [...new Set([...own, ...borrowed])] };
  }
  const names = findings.map(({ key, origin }) => `${key} (${origin})`).join(', ');
  return {
    isSafe: false,
    findings,
    reason: `git is not run in this tree because its settings run programs or read other files: ${names}. Remove them first.`,
  };
}

/**
 * Whether a tree holds submodules. The run-time check `git-submodules`, for commands that would run `git status` in
 * each of them with its own settings, which nobody checked.
 */
export async function checkGitSubmodules(query: GitQuery): Promise<GitTreeVerdict> {
  const entries = (await query(INDEX)).split('\0').filter((entry) => entry.startsWith('160000 '));
  if (entries.length === 0) return { isSafe: true, directories: [] };
  const findings = entries.map((entry) => ({
    key: 'submodule',
    origin: entry.slice(entry.indexOf('\t') + 1),
  }));
  return {
    isSafe: false,
    findings,
    reason: `git would run in the submodules of this tree with settings nobody checked: ${findings.map(({ origin }) => origin).join(', ')}. Leave --dirty and --broken out.`,
  };
}

interface Setting {
  readonly origin: string;
  readonly key: string;
  readonly value: string;
}

/** `origin NUL key LF value NUL …`; a key without a value has no line feed. */
function readSettings(output: string): Setting[] {
  const fields = output.split('\0');
  const settings: Setting[] = [];
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const [origin = '', setting = ''] = [fields[index], fields[index + 1]];
    const lineEnd = setting.indexOf('\n');
    settings.push({
      origin,
      key: (lineEnd === -1 ? setting : setting.slice(0, lineEnd)).toLowerCase(),
      value: lineEnd === -1 ? '' : setting.slice(lineEnd + 1),
    });
  }
  return settings;
}

const PROGRAMS = [
  /^filter\..*\.(?:clean|smudge|process)$/s,
  /^diff\.external$/,
  /^diff\..*\.(?:command|textconv)$/s,
  /^merge\..*\.driver$/s,
  /^(?:merge|diff)tool\./,
  /^gpg\.(?:.*\.)?(?:program|defaultkeycommand)$/s,
  /^credential\.(?:.*\.)?helper$/s,
  /^include(?:if\..*)?\.path$/s,
  /^core\.(?:sshcommand|gitproxy|askpass|worktree|alternaterefscommand)$/,
  /^remote\..*\.(?:uploadpack|receivepack|vcs|proxy)$/s,
  /^uploadpack\.packobjectshook$/,
  /^trailer\..*\.(?:command|cmd)$/s,
  /^interactive\.difffilter$/,
  /^protocol\.(?:.*\.)?allow$/s,
  /^tar\..*\.command$/s,
  /^format\.signaturefile$/,
];

/** Files whose content git shows. */
const SHOWN = /^(?:commit\.template|blame\.ignorerevsfile|mailmap\.file)$/;

function runsSomething(key: string, value: string): boolean {
  if (key.startsWith('filter.lfs.') && LFS.has(value)) return false;
  if (/^remote\..*\.url$/s.test(key)) return /^(?:[a-z0-9+.-]*::|-)/i.test(value);
  if (/^submodule\..*\.update$/s.test(key)) return value.startsWith('!');
  if (SHOWN.test(key)) return /^[/~]|(?:^|\/)\.\.(?:\/|$)/.test(value);
  return PROGRAMS.some((form) => form.test(key));
}
