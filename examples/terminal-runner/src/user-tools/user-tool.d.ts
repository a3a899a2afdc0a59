import { type Tool } from '@toolyard/core';
import type { Commands } from '../commands/commands.ts';
import type { UserToolDefinition } from './tools-file.ts';
/**
 * A command of the file as a tool. Whether it may run is decided at each call, by the policy that decides about every
 * other command.
 *
 * @param definition - one without problems, see `problemsOf`.
 */
export declare function userTool(definition: UserToolDefinition, commands: Commands): Tool;
//# sourceMappingURL=user-tool.d.ts.map
