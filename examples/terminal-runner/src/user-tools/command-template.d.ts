import type { CommandInput } from '@toolyard/core/process';
import { type Values } from './template.ts';
import type { UserToolDefinition } from './tools-file.ts';
/**
 * Makes the function that puts values into the command of a tool. A value becomes a part of one argument or all of it,
 * never two; where a value is missing, the argument, variable, directory or input it stands in is left out.
 *
 * The function throws a `ToolError` `ARGUMENT_LOOKS_LIKE_OPTION` when a value begins an argument with "-" and its
 * parameter does not allow that.
 *
 * @param definition - one without problems, see `problemsOf`.
 */
export declare function commandTemplate(definition: UserToolDefinition): (values: Values) => CommandInput;
//# sourceMappingURL=command-template.d.ts.map
