import { callerKey, defineTool, ToolError, type Tool } from '@toolyard/core';
import type { PreparedCommand } from '@toolyard/core/process';

import { askPerson } from '../commands/approval.ts';
import type { Commands } from '../commands/commands.ts';
import { COMMAND_ERRORS, DEFAULT_RUN_MS } from '../tools/commands/fields.ts';
import { runCommand } from '../tools/commands/run-command.ts';
import { nameOf, runOutput } from '../tools/commands/run-result.ts';
import { commandTemplate } from './command-template.ts';
import { argumentsSchema } from './parameters.ts';
import type { UserToolDefinition } from './tools-file.ts';

/** For the checks before the start, and the end of a program that does not want to. */
const REST_MS = 60_000;

/**
 * A command of the file as a tool. Whether it may run is decided at each call, by the policy that decides about every
 * other command.
 *
 * @param definition - one without problems, see `problemsOf`.
 */
export function userTool(definition: UserToolDefinition, commands: Commands): Tool {
  const { name, title = name, description, parameters = {}, readOnly = false } = definition;
  const { timeoutMs = DEFAULT_RUN_MS } = definition;
  const fill = commandTemplate(definition);
  return defineTool({
    name,
    title,
    description,
    input: argumentsSchema(parameters),
    output: runOutput,
    annotations: annotationsOf(readOnly, commands),
    errors: [
      ...COMMAND_ERRORS,
      { code: 'ARGUMENT_LOOKS_LIKE_OPTION', description: 'A value begins with "-", and may not.' },
    ],
    timeoutMs: timeoutMs + REST_MS,
    async run(values, call) {
      const input = fill(values);
      const prepared = await commands.runner.prepare(input, {
        owner: callerKey(call),
        approve: askPerson(call),
        signal: call.signal,
      });
      const command = readOnly ? withoutWriting(prepared, commands) : prepared;
      return runCommand(commands, command, call, {
        name: nameOf(input.program, ...(input.args ?? [])),
        timeoutMs,
      });
    },
  });
}

/** Those of the policy; what the file says of a tool counts where the sandbox sees to it. */
function annotationsOf(readOnly: boolean, { policy, sandbox }: Commands) {
  return readOnly && sandbox.isBoundary
    ? { ...policy.annotations, readOnlyHint: true, destructiveHint: false }
    : policy.annotations;
}

/** What is declared is kept by the sandbox, or, where that is none, by refusing what may write. */
function withoutWriting(prepared: PreparedCommand, { sandbox }: Commands): PreparedCommand {
  const { operands, ruleId, sandbox: needs } = prepared;
  if (sandbox.isBoundary && needs)
    return {
      ...prepared,
      sandbox: { ...needs, roots: needs.roots.map((root) => ({ ...root, writable: false })) },
    };
  if (operands.every(({ access }) => access === 'read')) return prepared;
  throw new ToolError(
    'COMMAND_DENIED',
    `This tool is declared as one that only reads, and the command may write to a path it names or to its working directory. Pass other values. (rule: ${ruleId})`,
    { data: { ruleId } },
  );
}
