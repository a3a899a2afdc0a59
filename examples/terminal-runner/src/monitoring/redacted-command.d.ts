import type { Redactor } from '@toolyard/core/process';
/** A command as a log may show it. */
export interface RedactedCommand {
  /** The program and its arguments, secrets masked, long ones shortened. */
  readonly command: readonly string[];
  /** Whether something was masked. */
  readonly hasSecrets: boolean;
}
/**
 * Masks what looks like a secret, and the values of options that are named like one: `--password x`, `--api-key=x`.
 */
export declare function redactCommand(
  {
    program,
    args,
  }: {
    readonly program: string;
    readonly args: readonly string[];
  },
  redactor: Redactor,
): RedactedCommand;
/** For a log: masked, and at most 1,000 characters. */
export declare function redactText(text: string, redactor: Redactor): string;
//# sourceMappingURL=redacted-command.d.ts.map
