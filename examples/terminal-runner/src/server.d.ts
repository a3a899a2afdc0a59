import { type App, type Logger } from '@toolyard/core';
import type { TerminalConfig } from './terminal-config.ts';
export declare const NAME = 'terminal-runner';
export declare const VERSION = '0.1.0';
/** The server apart from how it is reached. */
export interface TerminalServer {
  /** Closing it ends everything that was started for it. */
  readonly app: App;
  /** Whether it can take calls. */
  isReady(this: void): Promise<boolean>;
  /** Reads the file of `--tools` again. */
  reloadTools(): Promise<void>;
}
/** Puts the server together. What is opened is closed with the app, in reverse order. */
export declare function createTerminal(config: TerminalConfig, logger: Logger): Promise<TerminalServer>;
//# sourceMappingURL=server.d.ts.map
