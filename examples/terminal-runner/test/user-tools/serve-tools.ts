import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createApp, type App, type LogFields, type Logger } from '@toolyard/core';
import { openSafeRoots, type DecidedCommand } from '@toolyard/core/process';
import { commandPolicy, type PolicyDocument } from '@toolyard/validation/command';
import { onTestFinished } from 'vitest';

import { createCommands, type Commands } from '../../src/commands/commands.ts';
import { createUserTools, type UserTools } from '../../src/user-tools/user-tools.ts';
import { temporaryDirectory } from '../temporary-directory.ts';

export const eras = ['modern', 'legacy'] as const;

/** What one tool of a file is, before anybody checked it. */
export type WrittenTool = Record<string, unknown>;

/** One line of the log. */
interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly fields: LogFields;
  readonly message: string | undefined;
}

/** A server with the tools of a file; all of it ends with the test. */
export interface Served {
  readonly app: App;
  readonly commands: Commands;
  readonly userTools: UserTools;
  readonly path: string;
  /** The first root. */
  readonly root: string;
  readonly log: readonly LogLine[];
  readonly decisions: readonly DecidedCommand[];
  /** Puts another file in the place of the file, as editors do. */
  write(this: void, tools: readonly WrittenTool[]): void;
}

/** Adds the tools to an app, with the programs of a policy and, unless told otherwise, no sandbox. */
export async function serveTools(
  tools: readonly WrittenTool[],
  {
    policy = { profile: 'readonly' },
    sandbox = 'none',
    app = createApp({ name: 'test', version: '1.0.0' }),
  }: { readonly policy?: PolicyDocument; readonly sandbox?: 'none' | 'bwrap'; readonly app?: App } = {},
): Promise<Served> {
  const directory = temporaryDirectory();
  const [root, data, settings] = ['root', 'data', 'settings'].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ];
  for (const each of [root, data, settings]) mkdirSync(each);
  const path = join(settings, 'tools.json');
  const write = (written: readonly WrittenTool[]) => writeTools(path, written);
  const log: LogLine[] = [];
  const decisions: DecidedCommand[] = [];
  const roots = await openSafeRoots({ roots: [{ name: 'root', path: root, writable: true }] });
  onTestFinished(() => roots.close());
  const commands = await createCommands({
    roots,
    policy: commandPolicy(policy),
    sandbox,
    data,
    logger: loggerInto([]),
    onDecision: (decided) => void decisions.push(decided),
  });
  onTestFinished(() => commands[Symbol.asyncDispose]());
  onTestFinished(() => app.close({ deadlineMs: 0 }));
  write(tools);
  const userTools = await createUserTools({
    app,
    commands,
    path,
    logger: loggerInto(log),
    reserved: builtIn,
  });
  return { app, commands, userTools, path, root, log, decisions, write };
}

/** Writes a file of tools under another name, and gives it its own in one step. */
export function writeTools(path: string, tools: readonly WrittenTool[]): void {
  writeFileSync(`${path}.new`, JSON.stringify({ tools }));
  renameSync(`${path}.new`, path);
}

/** The names that the file may not take. */
function builtIn(): Set<string> {
  return new Set(['run']);
}

function loggerInto(lines: LogLine[]): Logger {
  const at = (level: LogLine['level']) => (fields: LogFields, message?: string) =>
    void lines.push({ level, fields, message });
  const logger: Logger = {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: () => logger,
  };
  return logger;
}
