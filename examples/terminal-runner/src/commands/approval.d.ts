import { type Call } from '@toolyard/core';
import type { CommandQuestion } from '@toolyard/core/process';
/**
 * Asks the person at the client whether commands may run; `undefined` where the client cannot ask. The handler runs
 * again with the answer, so nothing may have been started before.
 *
 * @throws {ToolError} `COMMAND_NOT_APPROVED` for commands that are too long to be shown.
 */
export declare function askPerson(
  call: Call,
): (commands: readonly CommandQuestion[]) => Promise<boolean | undefined>;
//# sourceMappingURL=approval.d.ts.map
