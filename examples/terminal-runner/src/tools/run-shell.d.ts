import { type Tool } from '@toolyard/core';
import type { CommandRunner } from '@toolyard/core/process';
import { type CommandPolicy } from '@toolyard/validation/command';
import type { Commands } from '../commands/commands.ts';
/** What `runShellTool` needs. */
export interface ShellToolOptions {
  readonly commands: Commands;
  /** Like `commands.runner`, under {@link SHELL_POLICY}. */
  readonly runner: CommandRunner;
  /** `unsafe` lets scripts run where nothing holds them. */
  readonly shell: 'sandboxed' | 'unsafe';
}
/** One program, bash, with a script as its only argument, and always after a question. */
export declare const SHELL_POLICY: CommandPolicy;
/**
 * `run_shell`: what no policy can look into. Off unless somebody turns it on, and each script is shown to a person.
 *
 * @throws {InvalidOptionError} for `sandboxed` where there is no sandbox that is a boundary.
 */
export declare function runShellTool({ commands, runner, shell }: ShellToolOptions): Tool;
//# sourceMappingURL=run-shell.d.ts.map
