import type { Platform } from '../platform.ts';
import { hostPlatform } from '../platform.ts';
import { pathToStart } from './multi-call.ts';
import { besidesOthers, keptLimits, prlimitOptions } from './resource-limits.ts';
import type { ProcessSandbox } from './sandbox.ts';

/** What `prlimitSandbox` needs. */
export interface PrlimitSandboxOptions {
  /** Absolute path of prlimit(1). Default: `/usr/bin/prlimit`. */
  readonly prlimit?: string;
  readonly platform?: Platform;
}

/**
 * Keeps the limits of a run and nothing else: no boundary. Linux only; `openSandbox('prlimit')` finds the program and
 * tries it first.
 */
export function prlimitSandbox(options: PrlimitSandboxOptions = {}): ProcessSandbox {
  const { prlimit = '/usr/bin/prlimit', platform = hostPlatform() } = options;
  const limits = keptLimits(platform.userId);
  return {
    name: 'prlimit',
    description: `no boundary, limits kept by ${prlimit}: ${limits.join(', ')}`,
    isBoundary: false,
    limits,
    wrap(command, needs) {
      const kept = prlimitOptions(needs.limits ?? {}, limits, besidesOthers);
      if (kept.length === 0) return command;
      const { cwd, env } = command;
      return { file: prlimit, args: [...kept, '--', pathToStart(command), ...command.args], cwd, env };
    },
  };
}
