import { z } from 'zod';
import { commonSettings, isLoopback } from './config/common-settings.ts';
import type { ConfigurableProgram } from './config/load-config.ts';
import { setting } from './config/setting.ts';
import { policyProblem } from './policy.ts';
import { WORKSPACE_ALLOWED, workspaceProblems } from './workspace-problems.ts';
import { namedWorkspaces } from './workspaces.ts';

const directories = () => z.array(z.string().min(1)).max(32).default([]);

/** Every setting of the terminal-runner. */
export const terminalSchema = z
  .object({
    ...commonSettings({ name: 'terminal-runner', port: 9001 }),
    root: setting(directories(), {
      description:
        'A directory whose files clients read and change. The first is called workspace, others after their directory. Default: workspace under --data, created when missing.',
      placeholder: '[NAME=]DIR',
      path: 'named',
      allowed: WORKSPACE_ALLOWED,
    }),
    readOnlyRoot: setting(directories(), {
      description: 'A directory whose files clients only read.',
      placeholder: '[NAME=]DIR',
      path: 'named',
      allowed: WORKSPACE_ALLOWED,
    }),
    profile: setting(z.enum(['none', 'readonly', 'dev']).optional(), {
      description:
        'Which commands may run: none, those that only look, or those of software development. Default: readonly, or what --policy says.',
      placeholder: 'PROFILE',
    }),
    policy: setting(z.string().min(1).optional(), {
      description: 'Which commands may run, with which arguments, and which only after a person agreed.',
      placeholder: 'FILE',
      path: true,
      allowed: 'a JSON file in the language of policy.schema.json',
    }),
    sandbox: setting(z.enum(['auto', 'none', 'bwrap']).default('auto'), {
      description:
        'What commands run in. auto: bwrap where it works, else no sandbox, which is logged. bwrap: no start without it.',
      placeholder: 'KIND',
    }),
    shell: setting(z.enum(['off', 'sandboxed', 'unsafe']).default('off'), {
      description:
        'Whether scripts may run in a real shell, each after a person agreed. sandboxed: only where the sandbox holds them.',
      placeholder: 'KIND',
    }),
    tools: setting(z.string().min(1).optional(), {
      description: 'Tools of your own that run programs.',
      placeholder: 'FILE',
      path: true,
      allowed: 'a JSON file',
    }),
    terminals: setting(z.boolean().default(false), {
      description: 'Offers terminals, for programs that expect a person at a screen.',
    }),
  })
  .superRefine((config, context) => {
    const report = (key: string, message: string) =>
      context.addIssue({ code: 'custom', path: [key], message });
    for (const { key, message } of workspaceProblems(config)) report(key, message);
    const problem = policyProblem(config);
    if (problem) report(problem.key, problem.message);
    if (config.shell === 'sandboxed' && config.sandbox === 'none')
      report('shell', '"sandboxed" needs a sandbox, and --sandbox is none; allowed with it: off, unsafe');

    // Whoever reaches this server can run programs on the machine.
    const { host, publicUrl, apiKey, stdio } = config;
    if (stdio || apiKey.length > 0) return;
    if (!isLoopback(host))
      report(
        'host',
        `${JSON.stringify(host)} can be reached from other machines and needs an API key; set TOOLYARD_API_KEY, or listen on 127.0.0.1`,
      );
    if (publicUrl !== undefined && !isLoopback(new URL(publicUrl).hostname))
      report(
        'publicUrl',
        `${JSON.stringify(publicUrl)} can be reached from other machines and needs an API key; set TOOLYARD_API_KEY`,
      );
  });

/** The configuration the server starts with. */
export type TerminalConfig = z.output<typeof terminalSchema>;

/** What `loadConfig` and `configOrExit` need to know. */
export const terminalProgram = {
  name: 'terminal-runner',
  description: 'programs, files, calculations and notes of this machine for MCP clients.',
  schema: terminalSchema,
  complete: (config) => ({
    ...config,
    ...namedWorkspaces(config),
    ...(config.policy === undefined && { profile: config.profile ?? ('readonly' as const) }),
  }),
} satisfies ConfigurableProgram<typeof terminalSchema>;
