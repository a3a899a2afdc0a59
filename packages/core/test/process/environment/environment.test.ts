import { describe, expect, test } from 'vitest';
import { environmentOf, type EnvPolicy } from '../../../src/process/environment.ts';
import { linuxPlatform, windowsPlatform } from '../../../src/process/platform.ts';

const platform = linuxPlatform(1000);
const policy: EnvPolicy = { home: '/srv/home', platform };
const asking = (asked: Record<string, string>, more: Partial<EnvPolicy> = {}) =>
  environmentOf({ ...policy, ...more }, asked);
const refusing = (asked: Record<string, string>, more: Partial<EnvPolicy> = {}) => {
  try {
    asking(asked, more);
  } catch (error) {
    return error;
  }
  return undefined;
};

describe('what every program gets', () => {
  test('is fixed, and nothing of the server', () => {
    expect(asking({})).toEqual({
      PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin',
      HOME: '/srv/home',
      LANG: 'C.UTF-8',
      TZ: 'UTC',
      TERM: 'dumb',
    });
  });

  test('follows the policy', () => {
    const more = {
      path: ['/opt/node/bin', '/usr/bin'],
      language: 'de_DE.UTF-8',
      timeZone: 'Europe/Berlin',
      terminal: 'xterm-256color',
      set: { GIT_CONFIG_NOSYSTEM: '1', PATH_INFO: 'x' },
    };
    expect(asking({}, more)).toEqual({
      PATH: '/opt/node/bin:/usr/bin',
      HOME: '/srv/home',
      LANG: 'de_DE.UTF-8',
      TZ: 'Europe/Berlin',
      TERM: 'xterm-256color',
      GIT_CONFIG_NOSYSTEM: '1',
      PATH_INFO: 'x',
    });
  });

  test.each([
    ['a home that is not absolute', { home: 'home' }],
    ['an empty entry of PATH', { path: ['/usr/bin', ''] }],
    ['a relative entry of PATH', { path: ['.'] }],
    ['two directories in one entry of PATH', { path: ['/usr/bin:.'] }],
  ])('%s is refused', (_, more) => {
    expect(refusing({}, more)).toMatchObject({ code: 'INVALID_OPTION' });
  });
});

describe('what a caller may add', () => {
  test.each([
    { NO_COLOR: '1' },
    { FORCE_COLOR: '3' },
    { LANG: 'en_US.UTF-8', LC_ALL: 'sr_RS@latin' },
    { TZ: 'America/Argentina/Buenos_Aires' },
    { TZ: 'EST5EDT,M3.2.0,M11.1.0' },
    { TERM: 'xterm-256color', COLUMNS: '120' },
    { NODE_ENV: 'test', CI: 'true' },
    { NODE_ENV: '' },
  ])('by default %o', (asked: Record<string, string>) => {
    expect(asking(asked)).toMatchObject(asked);
  });

  test('what the policy lists, by name or beginning', () => {
    const allow = ['APP_*', 'DEBUG'];
    expect(asking({ APP_MODE: 'x', DEBUG: 'a:*' }, { allow })).toMatchObject({ APP_MODE: 'x', DEBUG: 'a:*' });
    expect(refusing({ NO_COLOR: '1' }, { allow })).toMatchObject({ code: 'ENV_NOT_ALLOWED' });
    expect(refusing({ APP: '1' }, { allow })).toMatchObject({ code: 'ENV_NOT_ALLOWED' });
  });

  test('any text that is a value, byte for byte', () => {
    const value = '$(id) `id` "quoted" \n\t ünïcödé =;&|';
    expect(asking({ DEBUG: value }, { allow: ['DEBUG'] })['DEBUG']).toBe(value);
  });

  test('a variable named __proto__ is one like any other', () => {
    const asked = JSON.parse('{"__proto__":"x"}') as Record<string, string>;
    expect(Object.entries(asking(asked, { allow: ['__proto__'] }))).toContainEqual(['__proto__', 'x']);
    expect(refusing(asked)).toMatchObject({ code: 'ENV_NOT_ALLOWED' });
  });
});

const dangerous =
  `LD_PRELOAD LD_LIBRARY_PATH LD_AUDIT DYLD_INSERT_LIBRARIES GLIBC_TUNABLES GCONV_PATH NODE_OPTIONS NODE_PATH
   NODE_EXTRA_CA_CERTS BASH_ENV ENV GIT_SSH_COMMAND GIT_EXTERNAL_DIFF GIT_CONFIG_COUNT GIT_DIR GIT_PAGER PAGER MANPAGER
   SYSTEMD_PAGER GH_PAGER LESSOPEN LESS EDITOR VISUAL SVN_EDITOR BROWSER PYTHONPATH PYTHONSTARTUP PERL5OPT PERL5LIB
   RUBYOPT RUBYLIB npm_config_script_shell NPM_CONFIG_PREFIX npm_config_userconfig IFS PS4 PROMPT_COMMAND SHELLOPTS
   BASHOPTS JAVA_TOOL_OPTIONS _JAVA_OPTIONS CLASSPATH PATH HOME TMPDIR CDPATH ZDOTDIR XDG_CONFIG_HOME SSH_ASKPASS
   OPENSSL_CONF TERMINFO LOCPATH MAKEFLAGS CC RUSTC_WRAPPER GOFLAGS CARGO_HOME AWKPATH LUA_INIT VIMINIT TAR_OPTIONS
   GREP_OPTIONS RSYNC_RSH DOTNET_STARTUP_HOOKS HTTPS_PROXY http_proxy SSLKEYLOGFILE HOSTALIASES PIP_INDEX_URL`
    .trim()
    .split(/\s+/);

describe('variables that make programs run or load something', () => {
  test.each(dangerous)('%s is not covered by *', (name) => {
    expect(refusing({ [name]: 'x' }, { allow: ['*'] })).toMatchObject({
      code: 'ENV_NOT_ALLOWED',
      data: { variable: name },
    });
  });

  test.each(dangerous)('%s is allowed where it is named in full', (name) => {
    expect(asking({ [name]: '/x' }, { allow: [name] })[name]).toBe('/x');
  });

  test('are refused in any case', () => {
    expect(refusing({ ld_preload: 'x' }, { allow: ['ld_*'] })).toMatchObject({ code: 'ENV_NOT_ALLOWED' });
  });

  test('are not confused with others', () => {
    const asked = {
      LESSON: '1',
      PATHS: '2',
      ENVIRONMENT: '3',
      CCACHE: '4',
      GITHUB: '5',
      APP_HOME: '6',
      LDAP: '7',
    };
    const { LESSON: _, ...fine } = asked;
    expect(asking(fine, { allow: ['*'] })).toMatchObject(fine);
  });
});

describe('refusals', () => {
  test('name the variable, the reason and what would be allowed', () => {
    expect(refusing({ LD_PRELOAD: '/tmp/x.so' })).toMatchObject({
      message:
        'The variable "LD_PRELOAD" is not on the list. Allowed here: CI, CLICOLOR, CLICOLOR_FORCE, COLUMNS, FORCE_COLOR, LANG, LANGUAGE, LC_*, LINES, NODE_ENV, NO_COLOR, TERM, TZ.',
    });
    expect(refusing({ GIT_DIR: 'x' }, { allow: ['GIT_*'] })).toMatchObject({
      message:
        'The variable "GIT_DIR" changes what git runs and where it works, and is not named in full. Allowed here: GIT_*.',
    });
  });

  test('never repeat the value', () => {
    const error = refusing({ TOKEN: 'hunter2' }) as Error;
    expect(JSON.stringify(error) + error.message).not.toContain('hunter2');
  });

  test.each(['', 'A=B', 'A B', '1A', 'A-B', 'A\0', 'A\nB', 'BASH_FUNC_x%%', 'Ä', 'A'.repeat(129), '__ｐath'])(
    'the name %j',
    (name) => {
      expect(refusing({ [name]: 'x' }, { allow: ['*', name] })).toMatchObject({ code: 'ENV_NOT_ALLOWED' });
    },
  );

  test('a value with NUL, or of another type', () => {
    const allow = ['A'];
    expect(refusing({ A: 'x\0y' }, { allow })).toMatchObject({ code: 'ENV_NOT_ALLOWED' });
    expect(refusing({ A: 7 } as never, { allow })).toMatchObject({ code: 'ENV_NOT_ALLOWED' });
  });

  test('a value that is too long, in bytes', () => {
    const limit = { allow: ['A'], maxValueBytes: 8 };
    expect(asking({ A: 'ääää' }, limit)['A']).toBe('ääää');
    expect(refusing({ A: 'ääääa' }, limit)).toMatchObject({ message: expect.stringContaining('8 bytes') });
  });

  test('too many', () => {
    const many = Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`A${index}`, '']));
    expect(refusing(many, { allow: ['A*'] })).toMatchObject({ code: 'ENV_NOT_ALLOWED' });
  });

  test.each([
    { LANG: '/tmp/evil' },
    { LC_ALL: '../../tmp/evil' },
    { TZ: ':/etc/shadow' },
    { TZ: '/etc/shadow' },
    { TZ: 'a/../../b' },
    { TERM: '../x' },
    { LANG: 'C\nD' },
  ])('%o, which names a file', (asked: Record<string, string>) => {
    expect(refusing(asked)).toMatchObject({ code: 'ENV_NOT_ALLOWED' });
  });

  test('what the server sets itself', () => {
    const more = { set: { GIT_CONFIG_COUNT: '1' }, allow: ['GIT_CONFIG_COUNT'] };
    expect(refusing({ GIT_CONFIG_COUNT: '0' }, more)).toMatchObject({
      message: expect.stringContaining('is set by this server'),
    });
  });
});

describe('on Windows', () => {
  const windows: EnvPolicy = {
    home: 'C:\\Users\\app',
    platform: windowsPlatform('C:\\Windows'),
    allow: ['APP_*', 'Debug'],
  };

  test('programs get what they cannot start without', () => {
    expect(environmentOf(windows)).toMatchObject({
      SystemRoot: 'C:\\Windows',
      USERPROFILE: 'C:\\Users\\app',
      TEMP: 'C:\\Users\\app',
      PATH: expect.stringContaining('C:\\Windows\\System32'),
    });
  });

  test('names are the same in any case', () => {
    expect(environmentOf(windows, { app_mode: 'x', DEBUG: '1' })).toMatchObject({
      app_mode: 'x',
      DEBUG: '1',
    });
    expect(() => environmentOf(windows, { APP_A: '1', app_a: '2' })).toThrow(/given twice/);
    expect(() => environmentOf({ ...windows, allow: ['*'] }, { systemroot: 'D:\\' })).toThrow(
      /set by this server/,
    );
    expect(() => environmentOf({ ...windows, allow: ['*'] }, { Path: 'D:\\' })).toThrow(/named in full/);
    const { Path, PATH } = environmentOf({ ...windows, allow: ['PATH'] }, { Path: 'D:\\tools' });
    expect([Path, PATH]).toEqual(['D:\\tools', undefined]);
  });

  test('elsewhere they are not', () => {
    expect(asking({ app: '1', APP: '2' }, { allow: ['app', 'APP'] })).toMatchObject({ app: '1', APP: '2' });
  });
});
