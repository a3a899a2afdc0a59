import { ToolError } from '@toolyard/core';
import type { CommandInput } from '@toolyard/core/process';

import { fillTemplate, templateOf, valueOf, type Template, type Values } from './template.ts';
import type { Parameter, UserToolDefinition } from './tools-file.ts';

/**
 * Makes the function that puts values into the command of a tool. A value becomes a part of one argument or all of it,
 * never two; where a value is missing, the argument, variable, directory or input it stands in is left out.
 *
 * The function throws a `ToolError` `ARGUMENT_LOOKS_LIKE_OPTION` when a value begins an argument with "-" and its
 * parameter does not allow that.
 *
 * @param definition - one without problems, see `problemsOf`.
 */
export function commandTemplate(definition: UserToolDefinition): (values: Values) => CommandInput {
  const { parameters = {} } = definition;
  const [program, ...items] = definition.run;
  const run = items.map((item) =>
    typeof item === 'string'
      ? { when: undefined, args: [templateOf(item)] }
      : { when: item.when, args: item.args.map(templateOf) },
  );
  const env = Object.entries(definition.env ?? {}).map(([name, text]) => [name, templateOf(text)] as const);
  const cwd = definition.cwd === undefined ? undefined : templateOf(definition.cwd);
  const stdin = definition.stdin === undefined ? undefined : templateOf(definition.stdin);

  return function fillCommand(values) {
    const args = run
      .filter(({ when }) => when === undefined || isOn(values, when))
      .flatMap((item) => item.args)
      .flatMap((template) => fillArgument(template, values, parameters) ?? []);
    const variables = env.flatMap(([name, template]) => {
      const value = fillTemplate(template, values);
      return value === undefined ? [] : [[name, value] as const];
    });
    return {
      program,
      args,
      ...(variables.length > 0 && { env: Object.fromEntries(variables) }),
      cwd: cwd && fillTemplate(cwd, values),
      stdin: stdin && fillTemplate(stdin, values),
    };
  };
}

/** Whether the arguments after a `when` are there. */
function isOn(values: Values, parameter: string): boolean {
  const value = valueOf(values, parameter);
  return typeof value === 'boolean' ? value : value !== undefined;
}

function fillArgument(
  template: Template,
  values: Values,
  parameters: Readonly<Record<string, Parameter>>,
): string | undefined {
  const text = fillTemplate(template, values);
  if (!text?.startsWith('-')) return text;
  const first = template.find(
    (piece) => typeof piece === 'string' || valueOf(values, piece.parameter) !== '',
  );
  if (first === undefined || typeof first === 'string' || mayBeginWithDash(parameters[first.parameter]))
    return text;
  throw new ToolError(
    'ARGUMENT_LOOKS_LIKE_OPTION',
    `The value of "${first.parameter}" begins with "-", so the program would take it for an option. Pass another one; of a path that begins so, "./" and the path.`,
    { data: { parameter: first.parameter } },
  );
}

function mayBeginWithDash(parameter: Parameter | undefined): boolean {
  if (!parameter || parameter.type === 'boolean') return true;
  // Whoever wrote the file wrote these values.
  return parameter.mayStartWithDash === true || parameter.enum !== undefined;
}
