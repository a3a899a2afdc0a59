import { isDeepStrictEqual } from 'node:util';
import type { App, Logger, Tool } from '@toolyard/core';

import type { Commands } from '../commands/commands.ts';
import { loadTools } from './load-tools.ts';
import type { UserToolDefinition } from './tools-file.ts';
import { userTool } from './user-tool.ts';
import { watchFile } from './watch-file.ts';

/** What `createUserTools` needs. */
export interface UserToolsOptions {
  /** Gets the tools, and closes this with itself. */
  readonly app: App;
  readonly commands: Commands;
  /** Absolute. */
  readonly path: string;
  readonly logger: Logger;
  /** The names that other tools of the app have, asked for at each reading. Names of the file's own tools do no harm. */
  readonly reserved: () => ReadonlySet<string>;
}

/** The tools of a file, as they are by now. */
export interface UserTools {
  /** Reads the file again. Never rejects: with one that cannot be used everything stays as it was, and the log says why. */
  reload(): Promise<void>;
  /** Watches no longer. The tools stay. */
  close(): Promise<void>;
}

/**
 * Adds the tools of a file to an app, and follows the file: when it changes, clients hear of the new list. All its tools
 * change together or none does.
 *
 * @throws {ToolsFileError} `INVALID_TOOLS` when the file cannot be used as it is now.
 */
export async function createUserTools(options: UserToolsOptions): Promise<UserTools> {
  const { app, commands, path, logger, reserved } = options;
  let current = new Map<string, ServedTool>();
  let isClosed = false;
  let queue = Promise.resolve();

  async function read(): Promise<Changes> {
    const names = [...reserved()].filter((name) => !current.has(name));
    const tools = await loadTools(path, { policy: commands.policy, reserved: new Set(names) });
    const next = new Map(tools.map((each) => [each.name, servedTool(each, current, commands)]));
    if (isClosed) return { added: [], changed: [], removed: [] };
    const changes = compare(current, next);
    swap(app, current, next);
    current = next;
    return changes;
  }

  async function readAgain(): Promise<void> {
    if (isClosed) return;
    try {
      const changes = await read();
      if (Object.values(changes).some(({ length }) => length > 0))
        logger.info({ path, ...changes }, 'The tools of the file have changed.');
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      logger.warn(
        { path, problem: message },
        'The tools of the file were not read again; all stay as they were.',
      );
    }
  }

  const reload = () => (queue = queue.then(readAgain));
  const stopWatching = await watchFile(path, { clock: app.clock, logger, onChange: () => void reload() });
  async function close(): Promise<void> {
    isClosed = true;
    stopWatching();
    await queue;
  }
  try {
    await read();
  } catch (error) {
    await close();
    throw error;
  }
  app.onClose(close);
  return { reload, close };
}

interface ServedTool {
  readonly definition: UserToolDefinition;
  readonly tool: Tool;
}

interface Changes {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

type ServedTools = ReadonlyMap<string, ServedTool>;

/** The tool that is there already, where nothing about it has changed. */
function servedTool(definition: UserToolDefinition, current: ServedTools, commands: Commands): ServedTool {
  const before = current.get(definition.name);
  if (before && isDeepStrictEqual(before.definition, definition)) return before;
  return { definition, tool: userTool(definition, commands) };
}

function compare(current: ServedTools, next: ServedTools): Changes {
  const names = [...next.keys()];
  return {
    added: names.filter((name) => !current.has(name)),
    changed: names.filter((name) => current.has(name) && current.get(name) !== next.get(name)),
    removed: [...current.keys()].filter((name) => !next.has(name)),
  };
}

/** In one turn of the event loop: nobody sees half of it, and clients are told once. */
function swap(app: App, current: ServedTools, next: ServedTools): void {
  const leaving = toolsOf(current, next);
  const coming = toolsOf(next, current);
  const added: Tool[] = [];
  app.remove(...leaving);
  try {
    for (const tool of coming) {
      app.add(tool);
      added.push(tool);
    }
  } catch (error) {
    app.remove(...added);
    app.add(...leaving);
    throw error;
  }
}

/** Those that are not in `others` as they are. */
function toolsOf(tools: ServedTools, others: ServedTools): Tool[] {
  return [...tools].filter(([name, each]) => others.get(name) !== each).map(([, { tool }]) => tool);
}
