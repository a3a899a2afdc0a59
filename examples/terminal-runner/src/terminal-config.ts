import { join } from 'node:path';
import { z } from 'zod';
import { commonSettings, isLoopback } from './config/common-settings.ts';
import type { ConfigurableProgram } from './config/load-config.ts';
import { setting } from './config/setting.ts';

/** The programs that `run` may start when nothing else is configured; each has argument rules. */
export const DEFAULT_PROGRAMS = [
  'cat',
  'date',
  'echo',
  'grep',
  'head',
  'ls',
  'pwd',
  'sort',
  'tail',
  'uname',
  'wc',
] as const;

/** Every setting of the terminal-runner. */
export const terminalSchema = z
  .object({
    ...commonSettings({ name: 'terminal-runner', port: 9001 }),
    root: setting(z.string().min(1).optional(), {
      description: 'The directory that files are read and written in. Default: workspace under --data.',
      placeholder: 'DIR',
      path: true,
      allowed: 'a directory',
    }),
    allowProgram: setting(z.array(z.string().regex(/^[\w.+-]+$/)).default([...DEFAULT_PROGRAMS]), {
      description: 'A program that may be run, by its bare name. Replaces the default list.',
      placeholder: 'NAME',
      allowed: 'names of programs, without a path',
    }),
  })
  .superRefine(({ host, publicUrl, apiKey, stdio }, context) => {
    // Whoever reaches this server can run programs on the machine.
    if (stdio || apiKey.length > 0) return;
    if (!isLoopback(host))
      context.addIssue({
        code: 'custom',
        path: ['host'],
        message: `${JSON.stringify(host)} can be reached from other machines and needs an API key; set TOOLYARD_API_KEY, or listen on 127.0.0.1`,
      });
    if (publicUrl !== undefined && !isLoopback(new URL(publicUrl).hostname))
      context.addIssue({
        code: 'custom',
        path: ['publicUrl'],
        message: `${JSON.stringify(publicUrl)} can be reached from other machines and needs an API key; set TOOLYARD_API_KEY`,
      });
  });

/** The configuration the server starts with. */
export type TerminalConfig = z.output<typeof terminalSchema>;

/** What `loadConfig` and `configOrExit` need to know. */
export const terminalProgram = {
  name: 'terminal-runner',
  description: 'programs, files, calculations and notes of this machine for MCP clients.',
  schema: terminalSchema,
  complete: (config) => ({ ...config, root: workspaceOf(config) }),
} satisfies ConfigurableProgram<typeof terminalSchema>;

/** The configured file root, or `workspace` in the data directory. Never depends on the working directory. */
export function workspaceOf({ root, data }: { root?: string | undefined; data: string }): string {
  return root ?? join(data, 'workspace');
}
