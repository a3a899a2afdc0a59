import { type Call } from '@toolyard/core';
import type { DecidedCommand, TerminalInput } from '@toolyard/core/process';
/** What is about to be typed, and where. */
export interface Typing {
  /** What runs there. */
  readonly label: string;
  readonly input: readonly TerminalInput[];
}
interface TypingGuardOptions {
  /** Whether programs are held in bounds, whatever is typed. */
  readonly isBoundary: boolean;
  readonly onDecision?: ((decided: DecidedCommand) => void) | undefined;
}
/**
 * Lets pass what may be typed: everything where a sandbox is a boundary, else what the person at the client allows. A
 * typed line is a command that no policy sees.
 *
 * Nothing may have been typed before, because the handler can run again with the answer.
 *
 * @returns a function that throws a {@link ToolError} `COMMAND_NOT_APPROVED`.
 */
export declare function typingGuard({
  isBoundary,
  onDecision,
}: TypingGuardOptions): (call: Call, typing: Typing) => Promise<void>;
export {};
//# sourceMappingURL=typing.d.ts.map
