import { abortError } from '../../abort.ts';
import { isToolError, ToolError, ToolyardError } from '../../errors.ts';
import type { Command } from '../command.ts';
import type { SandboxNeeds } from '../sandbox/sandbox.ts';
import type { CommandRunnerOptions } from './command-runner.ts';
import { pathForProgram } from './operands.ts';
import type { CommandDecision } from './policy.ts';

interface ChecksOptions extends Pick<CommandRunnerOptions, 'checks' | 'roots' | 'supervisor' | 'limits'> {
  readonly owner: string;
  readonly command: Command;
  readonly sandbox: SandboxNeeds | undefined;
  readonly signal: AbortSignal | undefined;
}

const QUERY_TIMEOUT_MS = 10_000;
/** A longer answer is not believed: its end is missing. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

/**
 * Makes the checks that a decision names.
 *
 * @throws {ToolError} `COMMAND_DENIED` when one fails, is not known, or cannot be made.
 */
export async function runChecks(decision: CommandDecision, options: ChecksOptions): Promise<void> {
  const { checks = {}, roots, command } = options;
  if (decision.checks.length === 0) return;
  const named = await pathForProgram(roots, decision.directory ?? '.', command.cwd);
  const directory = await roots.checkOperand(named, { cwd: command.cwd, access: 'read' });
  for (const name of decision.checks) {
    const refuse = (reason: string, cause?: unknown): never => {
      const ruleId = `check.${name}`;
      throw new ToolError('COMMAND_DENIED', `${reason} (rule: ${ruleId})`, { data: { ruleId }, cause });
    };
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
    if (!check) return refuse(`The policy asks for the check "${name}", which this server does not have.`);
    const verdict = await check((args) => ask(args, directory, options)).catch((error: unknown) => {
      if (options.signal?.aborted) throw abortError(options.signal.reason);
      // No place for one more process: says so itself.
      if (isToolError(error)) throw error;
      return refuse(`The check "${name}" could not be made.`, error);
    });
    if (!verdict.isSafe) return refuse(verdict.reason);
    for (const path of verdict.directories) await roots.checkOperand(path, { access: 'read' });
  }
}

async function ask(args: readonly string[], cwd: string, options: ChecksOptions): Promise<string> {
  const { supervisor, owner, command, sandbox, limits, signal } = options;
  const answer: Buffer[] = [];
  let bytes = 0;
  const process = await supervisor.start(
    { ...command, args, cwd },
    {
      owner,
      sandbox,
      limits,
      signal,
      timeoutMs: QUERY_TIMEOUT_MS,
      label: `check: ${command.name} ${args.join(' ')}`,
      stdout: {
        write(chunk) {
          bytes += chunk.length;
          if (bytes > MAX_ANSWER_BYTES) throw new Error('too long');
          answer.push(chunk);
        },
      },
    },
  );
  const { reason, exitCode } = await process.exited;
  if (reason !== 'exited' || bytes > MAX_ANSWER_BYTES)
    throw new ToolyardError('CHECK_NOT_ANSWERED', `${command.name} did not end by itself, or said too much.`);
  return exitCode === 0 ? Buffer.concat(answer).toString() : '';
}
