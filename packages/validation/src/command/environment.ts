/** Variables a caller may set without being named in the policy. */
const HARMLESS =
  /^(?:CI|NODE_ENV|DEBUG|FORCE_COLOR|NO_COLOR|COLUMNS|LINES|TERM|TZ|LANG|LC_[A-Z]+|VITEST|TEST|SOURCE_DATE_EPOCH)$/;

/** Variables that make programs run or load something. Allowed only where a policy names them one by one. */
const DANGEROUS =
  /^(?:LD_|DYLD_|GIT_|NPM_CONFIG_|PYTHON|PERL5|RUBY|NODE_|BASH_|SSH_|TAR_|RIPGREP_|JAVA_|GREP_|LESS|IFS$|ENV$|PS4$|PATH$|HOME$|SHELLOPTS$|BASHOPTS$|PROMPT_COMMAND$|PAGER$|MANPAGER$|EDITOR$|VISUAL$|BROWSER$|CDPATH$|GLOBIGNORE$|_JAVA_OPTIONS$|ELECTRON_RUN_AS_NODE$|GCONV_PATH$|POSIXLY_CORRECT$|TMPDIR$)/i;

const MAX_VALUE_LENGTH = 8_192;

/** Why a variable may not be set, or `undefined` when it may. `named` are the ones the policy adds. */
export function checkVariable(name: string, value: string, named: readonly string[]): string | undefined {
  const shown = JSON.stringify(name);
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return `${shown} is no name of a variable.`;
  if (/\0/.test(value) || value.length > MAX_VALUE_LENGTH)
    return `The value of ${shown} holds a NUL or is longer than ${MAX_VALUE_LENGTH} characters.`;
  if (named.includes(name) || HARMLESS.test(name)) return undefined;
  const why = DANGEROUS.test(name)
    ? 'it can make programs run or load something'
    : 'the policy does not name it';
  return `The variable ${shown} is not allowed because ${why}. Allowed: CI, NODE_ENV, DEBUG, FORCE_COLOR, NO_COLOR, COLUMNS, TERM, TZ, LANG, LC_*${named.length > 0 ? `, ${named.join(', ')}` : ''}.`;
}
