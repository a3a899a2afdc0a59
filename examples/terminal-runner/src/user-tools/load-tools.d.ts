import { type ToolSurroundings } from './problems.ts';
import { type UserToolDefinition } from './tools-file.ts';
/**
 * A file of tools that cannot be used. `code` is `INVALID_TOOLS`; the message lists what is wrong with it. A server that
 * meets it at its start ends with `exitCode`.
 */
export declare class ToolsFileError extends Error {
  readonly name = 'ToolsFileError';
  readonly code = 'INVALID_TOOLS';
  readonly exitCode = 2;
  /** A sentence for each, with the name of the tool. */
  readonly problems: readonly string[];
  constructor(path: string, problems: readonly string[], options?: ErrorOptions);
}
/**
 * Reads the tools of a file.
 *
 * @throws {ToolsFileError} when there is no such file of at most 1 MiB, or anything in it is wrong.
 */
export declare function loadTools(
  path: string,
  surroundings: ToolSurroundings,
): Promise<UserToolDefinition[]>;
//# sourceMappingURL=load-tools.d.ts.map
