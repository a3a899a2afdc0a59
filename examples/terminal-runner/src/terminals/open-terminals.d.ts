import { type Logger } from '@toolyard/core';
import { type Terminals } from '@toolyard/core/process';
/**
 * Opens what terminals are made by, after a trial: a machine where none can be opened is told at the start and not by
 * the first call.
 *
 * @throws {ToolyardError} `PEER_MISSING` with what to install, or `TERMINAL_TRIAL_FAILED`.
 * @throws {ToolError} `PROGRAM_NOT_STARTED` where the system has no terminals to give.
 */
export declare function openTerminals({ logger }: { readonly logger: Logger }): Promise<Terminals>;
//# sourceMappingURL=open-terminals.d.ts.map
