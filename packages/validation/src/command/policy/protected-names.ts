import { CommandPolicyError, printable } from '../errors.ts';

/**
 * Names that commands keep away from, wherever they are in a path: the protected names of your `SafeRoots`. `*` stands
 * for any characters; case does not count, except for `diff`. An `.env.example` is left out as well (`grep -r x .`),
 * unless nothing else is named (`grep -r x .env.example`).
 */
export interface CommandPolicyOptions {
  /** Left out by commands that read all below a directory. Default: `SECRET_NAMES` of `@toolyard/core/process`. */
  readonly secretNames?: readonly string[] | undefined;
  /** Together with the others left out by commands that unpack, stash or clean. Default: `READ_ONLY_NAMES` of it. */
  readonly readOnlyNames?: readonly string[] | undefined;
  /** Exceptions from `secretNames`. Default: `READABLE_NAMES` of it. */
  readonly readableNames?: readonly string[] | undefined;
}

/** The lists, checked. */
export interface NameLists {
  readonly secretNames: readonly string[];
  readonly readOnlyNames: readonly string[];
  readonly readableNames: readonly string[];
}

// The lists are those of @toolyard/core/process, on which this package does not depend; a test holds them equal.
const SECRET_NAMES = list(
  '.env* .npmrc .yarnrc .pypirc .netrc _netrc .pgpass .my.cnf .git-credentials .ssh .gnupg .aws .kube .vault-token ' +
    'id_rsa* id_dsa* id_ecdsa* id_ed25519*',
);
const READ_ONLY_NAMES = list(
  '.git .gitconfig .gitmodules .hg .hgrc .svn .husky .mcp.json .claude* .cursor* .codex .gemini .windsurf .vscode .idea ' +
    '.zed .devcontainer* .yarnrc.yml .pnpmfile.* .bash* .zsh* .zprofile .zlogin .zlogout .profile .kshrc .cshrc .tcshrc ' +
    '.login .logout .inputrc .xinitrc .xprofile .xsession* .pam_environment .vimrc .exrc .tmux.conf',
);
const READABLE_NAMES = list('.env.example .env.sample .env.template .env.dist id_*.pub');

/** What {@link protectedNames} gives when nothing is said. */
export const DEFAULT_NAMES: NameLists = {
  secretNames: SECRET_NAMES,
  readOnlyNames: READ_ONLY_NAMES,
  readableNames: READABLE_NAMES,
};

/**
 * Checks the lists and fills in the defaults.
 *
 * @throws {CommandPolicyError} for what programs could read as more than a name.
 */
export function protectedNames(options: CommandPolicyOptions): NameLists {
  const { secretNames, readOnlyNames, readableNames } = options;
  return {
    secretNames: checked('secretNames', secretNames ?? SECRET_NAMES),
    readOnlyNames: checked('readOnlyNames', readOnlyNames ?? READ_ONLY_NAMES),
    readableNames: checked('readableNames', readableNames ?? READABLE_NAMES),
  };
}

/** Fills `{name}` with the pattern, and `{anyCase}` with one that knows small and capital letters. */
export function spellName(template: string, name: string): string {
  const anyCase = Array.from(name, (letter) => {
    const [small, capital] = [letter.toLowerCase(), letter.toUpperCase()];
    return small === capital ? letter : `[${small}${capital}]`;
  }).join('');
  return template.replaceAll('{name}', () => name).replaceAll('{anyCase}', () => anyCase);
}

/** Whether a name is in a list. */
export function nameMatcher(names: readonly string[]): (name: string) => boolean {
  const forms = names.map((name) => {
    const parts = name.split('*').map((part) => part.replaceAll(/[.+^$()|]/g, '\\$&'));
    return new RegExp(`^${parts.join('.*')}$`, 'isu');
  });
  return (name) => forms.some((form) => form.test(name));
}

const MAX_NAMES = 200;
const NAME = /^(?!!)[^/\\[\]{}?\p{Cc}]{1,100}$/u;

function checked(option: string, names: readonly string[]): readonly string[] {
  if (names.length > MAX_NAMES) throw new CommandPolicyError(`${option}: more than ${MAX_NAMES} names.`);
  const wrong = names.find((name) => !NAME.test(name));
  if (wrong !== undefined)
    throw new CommandPolicyError(`${option}: ${printable(wrong)} is no name; "*" is the only sign for more.`);
  return names;
}

function list(names: string): readonly string[] {
  return names.split(' ');
}
