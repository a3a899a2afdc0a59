import { TerminalError } from '../errors.ts';

const DIRECTORIES = ['.git', '.vscode', '.claude', '.cursor'];

const FILES = [
  '.npmrc',
  '.mcp.json',
  '.bashrc',
  '.bash_profile',
  '.bash_login',
  '.bash_logout',
  '.bash_aliases',
  '.profile',
  '.zshrc',
  '.zshenv',
  '.zprofile',
  '.zlogin',
  '.zlogout',
  '.kshrc',
  '.cshrc',
  '.tcshrc',
  '.login',
];

/**
 * Refuses to write what other programs run or trust: hooks and settings of git, editors and agents, shell start files,
 * `.env*`, `.npmrc`, `.mcp.json`. Case does not matter, because on some file systems it does not.
 *
 * @param path - below the root, with links already followed.
 * @throws {TerminalError} `PROTECTED_NAME`.
 */
export function assertWritableName(path: string): void {
  const segments = path.split('/').map((segment) => segment.normalize('NFKC').toLowerCase());
  const name = segments.at(-1) ?? '';
  const guarded =
    segments.some((segment) => DIRECTORIES.includes(segment)) ||
    FILES.includes(name) ||
    name.startsWith('.env');
  if (guarded)
    throw new TerminalError('PROTECTED_NAME', `${JSON.stringify(path)} is protected and is not written.`);
}
