import { posix, win32 } from 'node:path';

/** What differs between operating systems for programs and their environment. Tests pass one of their own. */
export interface Platform {
  readonly os: 'linux' | 'macos' | 'windows';
  /** The user the server runs as; `undefined` on Windows. */
  readonly userId: number | undefined;
  /** Where programs are looked for: fixed, so that neither the environment nor the working directory decides. */
  readonly programDirectories: readonly string[];
  /** What a program's file may end in, in the order tried. */
  readonly programExtensions: readonly string[];
  /** Endings of files that only a shell can run. */
  readonly shellExtensions: readonly string[];
  /** Whether `Path` and `PATH` are one variable. */
  readonly ignoresVariableCase: boolean;
  /** Variables without which programs do not start. */
  readonly requiredVariables: Readonly<Record<string, string>>;
  /** Between the directories of PATH. */
  readonly pathDelimiter: string;
  isAbsolute(path: string): boolean;
}

/** The platform of this process. Systems that are neither macOS nor Windows are taken for Linux. */
export function hostPlatform(): Platform {
  if (process.platform === 'win32') return windowsPlatform(process.env['SystemRoot']);
  const userId = process.getuid?.();
  return process.platform === 'darwin' ? macosPlatform(userId) : linuxPlatform(userId);
}

/** Linux, for a user: 0 is root. */
export function linuxPlatform(userId: number | undefined): Platform {
  return {
    ...UNIX,
    os: 'linux',
    userId,
    programDirectories: ['/usr/local/bin', '/usr/bin', '/bin', '/usr/sbin', '/sbin'],
  };
}

/** macOS, for a user. */
export function macosPlatform(userId: number | undefined): Platform {
  return {
    ...UNIX,
    os: 'macos',
    userId,
    programDirectories: ['/opt/homebrew/bin', '/usr/local/bin', '/usr/bin', '/bin', '/usr/sbin', '/sbin'],
  };
}

const UNIX = {
  programExtensions: [''],
  shellExtensions: [],
  ignoresVariableCase: false,
  requiredVariables: {},
  pathDelimiter: posix.delimiter,
  isAbsolute: (path: string) => posix.isAbsolute(path),
} satisfies Partial<Platform>;

/** Windows, installed in `systemRoot`. */
export function windowsPlatform(systemRoot = 'C:\\Windows'): Platform {
  const drive = win32.parse(systemRoot).root.replace(/\\$/, '');
  const system32 = win32.join(systemRoot, 'System32');
  return {
    os: 'windows',
    userId: undefined,
    programDirectories: [
      `${drive}\\Program Files\\nodejs`,
      `${drive}\\Program Files\\Git\\cmd`,
      `${drive}\\Program Files\\Git\\usr\\bin`,
      system32,
    ],
    programExtensions: ['.exe', '.com'],
    shellExtensions: ['.cmd', '.bat', '.ps1'],
    ignoresVariableCase: true,
    // Without SystemRoot neither sockets nor random numbers work.
    requiredVariables: { SystemRoot: systemRoot, SystemDrive: drive, windir: systemRoot },
    pathDelimiter: win32.delimiter,
    isAbsolute: (path: string) => win32.isAbsolute(path),
  };
}
