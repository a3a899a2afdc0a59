import type { CommandPolicy } from '@toolyard/validation/command';

import { commandTemplate } from './command-template.ts';
import { parameterProblem } from './parameters.ts';
import { parametersIn, readTemplate, type Template } from './template.ts';
import type { Parameter, UserToolDefinition } from './tools-file.ts';

/** What tools of a file have to get on with. */
export interface ToolSurroundings {
  readonly policy: CommandPolicy;
  /** Names that other tools have. */
  readonly reserved: ReadonlySet<string>;
}

/** Everything that is wrong with the tools of a file, a sentence for each; it names the tool. */
export function problemsOf(
  tools: readonly UserToolDefinition[],
  { policy, reserved }: ToolSurroundings,
): string[] {
  const seen = new Set<string>();
  return tools.flatMap((tool) => {
    const problems = problemsIn(tool);
    if (seen.has(tool.name)) problems.push('There is another tool of this name in the file.');
    if (reserved.has(tool.name)) problems.push('This server has a tool of this name itself; choose another.');
    seen.add(tool.name);
    // A command that makes no sense is not worth a decision.
    if (problems.length === 0) problems.push(...neverAllowed(tool, policy));
    return problems.map((problem) => `${tool.name}: ${problem}`);
  });
}

function problemsIn(tool: UserToolDefinition): string[] {
  const { parameters = {} } = tool;
  const problems: string[] = [];
  for (const [name, parameter] of Object.entries(parameters)) {
    if (name in Object.prototype)
      problems.push(`"${name}" is a name that every object has; call the parameter otherwise.`);
    const problem = parameterProblem(parameter);
    if (problem !== undefined) problems.push(`The parameter "${name}" ${problem}.`);
  }
  const used = new Set<string>();
  for (const { text, isArgument } of textsOf(tool)) {
    const read = readTemplate(text);
    if ('problem' in read) {
      problems.push(`${JSON.stringify(text)} ${read.problem}.`);
      continue;
    }
    for (const name of parametersIn(read.template)) {
      used.add(name);
      if (!Object.hasOwn(parameters, name))
        problems.push(
          `${JSON.stringify(text)} names the parameter "${name}", which is not there; write {{${name}}} for the text itself.`,
        );
    }
    if (isArgument && choosesOption(read.template, parameters))
      problems.push(
        `In ${JSON.stringify(text)} the value would choose the option; name the option, or give the parameter an enum.`,
      );
  }
  for (const item of tool.run) {
    if (typeof item === 'string') continue;
    used.add(item.when);
    const problem = switchProblem(parameters, item.when);
    if (problem !== undefined) problems.push(`"when": "${item.when}" ${problem}.`);
  }
  for (const name of Object.keys(parameters))
    if (!used.has(name)) problems.push(`The parameter "${name}" stands nowhere in the command.`);
  return problems;
}

/** All texts that may hold placeholders. */
function textsOf({ run, cwd, env = {}, stdin }: UserToolDefinition): { text: string; isArgument: boolean }[] {
  const args = run.slice(1).flatMap((item) => (typeof item === 'string' ? [item] : item.args));
  const others = [cwd, stdin, ...Object.values(env)].filter((text) => text !== undefined);
  return [
    ...args.map((text) => ({ text, isArgument: true })),
    ...others.map((text) => ({ text, isArgument: false })),
  ];
}

/** `--{name}`, where the name is any text. */
function choosesOption([first, second]: Template, parameters: Readonly<Record<string, Parameter>>): boolean {
  if ((first !== '-' && first !== '--') || typeof second !== 'object') return false;
  const parameter = Object.hasOwn(parameters, second.parameter) ? parameters[second.parameter] : undefined;
  return parameter?.type === 'string' && parameter.enum === undefined;
}

function switchProblem(parameters: Readonly<Record<string, Parameter>>, name: string): string | undefined {
  const parameter = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
  if (!parameter) return 'names a parameter that is not there';
  if (parameter.type === 'boolean' || parameter.optional) return undefined;
  return 'names a parameter that is always given; make it optional, or a boolean';
}

/** Only what is certain: values make a command another one. */
function neverAllowed(tool: UserToolDefinition, policy: CommandPolicy): string[] {
  const [program] = tool.run;
  const isFixed = tool.run.every((item) => typeof item === 'string') && isWithoutPlaces(tool);
  const { env, args } = isFixed ? commandTemplate(tool)({}) : { env: undefined, args: [] };
  if (policy.programs.includes(program) && !isFixed) return [];
  const { effect, reason, ruleId } = policy.decide({ program, args, env });
  return effect === 'deny' ? [`The policy never allows this command. ${reason} (rule: ${ruleId})`] : [];
}

function isWithoutPlaces(tool: UserToolDefinition): boolean {
  return textsOf(tool).every(({ text }) => {
    const read = readTemplate(text);
    return 'template' in read && parametersIn(read.template).length === 0;
  });
}
