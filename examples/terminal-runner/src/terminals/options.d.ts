import type { DecidedCommand, Terminals } from '@toolyard/core/process';
import type { Commands } from '../commands/commands.ts';
/** What the tools for terminals need. */
export interface TerminalToolsOptions {
  /** Yours to close, before `commands`. */
  readonly terminals: Terminals;
  /** Decides what may be started, and where. */
  readonly commands: Commands;
  /** Hears of everything that somebody wants to type: as a command of the rule `terminal.keys`. */
  readonly onDecision?: ((decided: DecidedCommand) => void) | undefined;
}
//# sourceMappingURL=options.d.ts.map
