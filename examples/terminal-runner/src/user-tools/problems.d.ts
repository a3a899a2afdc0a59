import type { CommandPolicy } from '@toolyard/validation/command';
import type { UserToolDefinition } from './tools-file.ts';
/** What tools of a file have to get on with. */
export interface ToolSurroundings {
  readonly policy: CommandPolicy;
  /** Names that other tools have. */
  readonly reserved: ReadonlySet<string>;
}
/** Everything that is wrong with the tools of a file, a sentence for each; it names the tool. */
export declare function problemsOf(
  tools: readonly UserToolDefinition[],
  { policy, reserved }: ToolSurroundings,
): string[];
//# sourceMappingURL=problems.d.ts.map
