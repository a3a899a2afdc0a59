import { InvalidOptionError } from '../../errors.ts';
import { fileError } from './file-errors.ts';
import { foldName } from './path-text.ts';
import { isTemporaryName } from './temporary-file.ts';

/**
 * Names that file access keeps away from, wherever they are in a path and whether or not they exist yet. Everything
 * below a directory of such a name is protected with it. `*` stands for any characters; case does not count.
 */
export interface ProtectedNames {
  /** Neither read nor written: they hold secrets. Default: {@link SECRET_NAMES}. */
  readonly secret?: readonly string[] | undefined;
  /** Read but not written: other programs run or trust what they say. Default: {@link READ_ONLY_NAMES}. */
  readonly readOnly?: readonly string[] | undefined;
  /** Exceptions from `secret`, still not written. Default: {@link READABLE_NAMES}. */
  readonly readable?: readonly string[] | undefined;
}

/** Keys, passwords and tokens. */
export const SECRET_NAMES: readonly string[] = [
  '.env*',
  '.npmrc',
  '.yarnrc',
  '.pypirc',
  '.netrc',
  '_netrc',
  '.pgpass',
  '.my.cnf',
  '.git-credentials',
  '.ssh',
  '.gnupg',
  '.aws',
  '.kube',
  '.vault-token',
  'id_rsa*',
  'id_dsa*',
  'id_ecdsa*',
  'id_ed25519*',
];

/** Hooks and settings of git, editors, agents and package managers; files a shell runs at its start. */
export const READ_ONLY_NAMES: readonly string[] = [
  '.git',
  '.gitconfig',
  '.gitmodules',
  '.hg',
  '.hgrc',
  '.svn',
  '.husky',
  '.mcp.json',
  '.claude*',
  '.cursor*',
  '.codex',
  '.gemini',
  '.windsurf',
  '.vscode',
  '.idea',
  '.zed',
  '.devcontainer*',
  '.yarnrc.yml',
  '.pnpmfile.*',
  '.bash*',
  '.zsh*',
  '.zprofile',
  '.zlogin',
  '.zlogout',
  '.profile',
  '.kshrc',
  '.cshrc',
  '.tcshrc',
  '.login',
  '.logout',
  '.inputrc',
  '.xinitrc',
  '.xprofile',
  '.xsession*',
  '.pam_environment',
  '.vimrc',
  '.exrc',
  '.tmux.conf',
];

/** Patterns to copy from, without secrets. */
export const READABLE_NAMES: readonly string[] = [
  '.env.example',
  '.env.sample',
  '.env.template',
  '.env.dist',
  'id_*.pub',
];

/** The protection of one set of roots. Paths are below a root, divided by `/`, with links already followed. */
export interface Protection {
  /** @throws {ToolError} `PROTECTED_NAME` when the path holds secrets. */
  assertReadable(path: string): void;
  /** @throws {ToolError} `PROTECTED_NAME` when the path holds secrets or what other programs trust. */
  assertWritable(path: string): void;
  isReadable(path: string): boolean;
  isWritable(path: string): boolean;
}

/** Compiles the names once. */
export function createProtection(names: ProtectedNames = {}): Protection {
  const isSecret = anyOf('protect.secret', names.secret ?? SECRET_NAMES);
  const isReadOnly = anyOf('protect.readOnly', names.readOnly ?? READ_ONLY_NAMES);
  const isException = anyOf('protect.readable', names.readable ?? READABLE_NAMES);

  const holdsSecrets = (path: string[]): boolean =>
    path.some((name) => isSecret(name) && !isException(name)) || isGitConfig(path);
  const mustNotBeWritten = (path: string[]): boolean =>
    path.some((name) => isSecret(name) || isReadOnly(name) || isTemporaryName(name));

  return {
    isReadable: (path) => !holdsSecrets(folded(path)),
    isWritable: (path) => !mustNotBeWritten(folded(path)),
    assertReadable(path) {
      if (holdsSecrets(folded(path)))
        throw fileError('PROTECTED_NAME', path, 'is protected: it may hold secrets and is not read');
    },
    assertWritable(path) {
      if (mustNotBeWritten(folded(path)))
        throw fileError(
          'PROTECTED_NAME',
          path,
          'is protected: it may hold secrets, or other programs trust it, so it is not written, moved or replaced',
        );
    },
  };
}

function folded(path: string): string[] {
  return path.split('/').map(foldName);
}

// The addresses of remotes and the headers sent to them often carry tokens.
function isGitConfig(path: readonly string[]): boolean {
  const git = path.indexOf('.git');
  return git !== -1 && path.slice(git + 1).some((name) => name === 'config' || name === 'config.worktree');
}

function anyOf(option: string, patterns: readonly string[]): (name: string) => boolean {
  const exact = new Set<string>();
  const open: RegExp[] = [];
  for (const pattern of patterns) {
    if (pattern === '' || pattern.includes('/') || pattern.length > 255)
      throw new InvalidOptionError(option, `has ${JSON.stringify(pattern)}, which is not a name`);
    const parts = pattern.split('*').map(foldPart);
    if (parts.length === 1) exact.add(foldName(pattern));
    else if (parts.length === 2) open.push(new RegExp(`^${parts.map(escapePattern).join('.*')}$`, 's'));
    else throw new InvalidOptionError(option, `has ${JSON.stringify(pattern)}; one "*" is possible`);
  }
  return (name) => exact.has(name) || open.some((pattern) => pattern.test(name));
}

// The end of a part is not the end of the name.
function foldPart(part: string): string {
  return foldName(`${part}\u0001`).slice(0, -1);
}

function escapePattern(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
