/**
 * Why a variable is dangerous, as half a sentence ("makes … run"); `undefined` for one that is not known to be.
 *
 * This is the second line behind an allow list, for lists that say `GIT_*`. Case does not matter: npm reads its own in
 * any.
 */
export function dangerousVariable(name: string): string | undefined {
  return DANGERS.find(({ names }) => names.test(name))?.why;
}

interface Danger {
  readonly why: string;
  readonly names: RegExp;
}

/** In `words`, `*` stands for anything. */
function danger(why: string, words: string): Danger {
  const names = words.trim().split(/\s+/).join('|').replaceAll('*', '.*');
  return { why, names: new RegExp(`^(?:${names})$`, 'i') };
}

const DANGERS: readonly Danger[] = [
  danger(
    'makes programs load foreign code',
    `LD_* DYLD_* _RLD* GCONV_PATH GLIBC_TUNABLES LOCPATH NLSPATH MALLOC_* OPENSSL_* QT_PLUGIN_PATH GTK_MODULES GTK_PATH
     GIO_EXTRA_MODULES GST_PLUGIN* TERMINFO* TERMCAP TERMPATH COR_* CORECLR_* COMPLUS_* DOTNET_*`,
  ),
  danger(
    'changes how a shell reads its commands',
    `BASH_* BASHOPTS ENV IFS PS0 PS1 PS2 PS3 PS4 PROMPT_COMMAND SHELLOPTS CDPATH GLOBIGNORE FPATH FCEDIT HISTFILE
     KSH_* ZDOTDIR ZSH* INPUTRC SHELL COMSPEC PATHEXT PSMODULEPATH`,
  ),
  danger(
    'makes programs run a command',
    `*PAGER LESS* MORE LV *EDITOR VISUAL BROWSER GREP_OPTIONS TAR_OPTIONS TAPE RSYNC_*
     CVS_RSH SVN_* HG* SSH_* SUDO_* GPG_* VIMINIT EXINIT MYVIMRC NVIM* EMACS* MANOPT MANROFFOPT SYSTEMD_* FZF_*
     RIPGREP_CONFIG_PATH FD_* BAT_* XDG_* GNUPGHOME DELTA_* DIFFPROG MERGE TEXINPUTS AWKPATH AWKLIBPATH POSIXLY_CORRECT`,
  ),
  danger('changes what git runs and where it works', 'GIT_*'),
  danger(
    'changes what a language runtime loads',
    `NODE_OPTIONS NODE_PATH NODE_EXTRA_CA_CERTS NODE_TLS_* NODE_REPL_* NODE_V8_COVERAGE NODE_REDIRECT_WARNINGS
     NODE_ICU_DATA NODE_COMPILE_CACHE ELECTRON_* TS_NODE_* TSX_* DENO_* BUN_* PYTHON* PERL5* PERLLIB PERL_* RUBY*
     JAVA_TOOL_OPTIONS _JAVA_OPTIONS JDK_JAVA_OPTIONS JAVA_OPTS JAVA_HOME CLASSPATH LUA_* PHPRC PHP_* R_* GUILE_*
     RUSTC* RUSTFLAGS RUSTDOC* GOFLAGS GOENV GOROOT GOPATH GOTOOLDIR GODEBUG ERL_* ELIXIR_* JULIA_* OCAML*`,
  ),
  danger(
    'changes what a build tool or package manager runs',
    `NPM_* NPX_* YARN_* PNPM_* COREPACK_* PIP_* UV_* POETRY_* GEM_* BUNDLE_* CARGO* MAVEN_* MVN_* GRADLE_* ANT_* SBT_*
     MAKEFILES MAKEFLAGS MFLAGS GNUMAKEFLAGS MAKE CC CXX CPP LD AR AS CFLAGS CXXFLAGS CPPFLAGS LDFLAGS CONFIG_SITE
     CMAKE_* PKG_CONFIG* COMPILER_PATH GCC_* LIBRARY_PATH CPATH C_INCLUDE_PATH DOCKER_* BUILDKIT_* KUBECONFIG
     HELM_* TERRAFORM_* TF_* ANSIBLE_*`,
  ),
  danger(
    'changes which files or machines programs use',
    `PATH HOME HOMEDRIVE HOMEPATH USERPROFILE APPDATA LOCALAPPDATA TMPDIR TEMP TMP PWD OLDPWD SYSTEMROOT WINDIR
     SYSTEMDRIVE HOSTALIASES RES_OPTIONS RESOLV_* LOCALDOMAIN HTTP_PROXY HTTPS_PROXY FTP_PROXY ALL_PROXY NO_PROXY
     SSL_CERT_* CURL_* WGETRC SSLKEYLOGFILE NETRC LD AWS_* AZURE_* GOOGLE_* DATE_FORMAT SYSTEM_VERSION_COMPAT
     LISTEN_FDS LISTEN_PID NOTIFY_SOCKET DBUS_* DISPLAY WAYLAND_DISPLAY XAUTHORITY`,
  ),
];
