import type { App, Logger } from '@toolyard/core';
import type { Commands } from '../commands/commands.ts';
/** What `createUserTools` needs. */
export interface UserToolsOptions {
  /** Gets the tools, and closes this with itself. */
  readonly app: App;
  readonly commands: Commands;
  /** Absolute. */
  readonly path: string;
  readonly logger: Logger;
  /** The names that other tools of the app have, asked for at each reading. Names of the file's own tools do no harm. */
  readonly reserved: () => ReadonlySet<string>;
}
/** The tools of a file, as they are by now. */
export interface UserTools {
  /** Reads the file again. Never rejects: with one that cannot be used everything stays as it was, and the log says why. */
  reload(): Promise<void>;
  /** Watches no longer. The tools stay. */
  close(): Promise<void>;
}
/**
 * Adds the tools of a file to an app, and follows the file: when it changes, clients hear of the new list. All its tools
 * change together or none does.
 *
 * @throws {ToolsFileError} `INVALID_TOOLS` when the file cannot be used as it is now.
 */
export declare function createUserTools(options: UserToolsOptions): Promise<UserTools>;
//# sourceMappingURL=user-tools.d.ts.map
