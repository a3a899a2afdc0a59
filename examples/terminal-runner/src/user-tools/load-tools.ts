import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { z } from 'zod';

import { problemsOf, type ToolSurroundings } from './problems.ts';
import { toolsFileSchema, type UserToolDefinition } from './tools-file.ts';

const MAX_BYTES = 1024 * 1024;
const MAX_TOLD = 20;

/**
 * A file of tools that cannot be used. `code` is `INVALID_TOOLS`; the message lists what is wrong with it. A server that
 * meets it at its start ends with `exitCode`.
 */
export class ToolsFileError extends Error {
  override readonly name = 'ToolsFileError';
  readonly code = 'INVALID_TOOLS';
  readonly exitCode = 2;
  /** A sentence for each, with the name of the tool. */
  readonly problems: readonly string[];

  constructor(path: string, problems: readonly string[], options?: ErrorOptions) {
    const told = problems.slice(0, MAX_TOLD);
    if (problems.length > told.length) told.push(`… and ${problems.length - told.length} more.`);
    super([`The tools of ${path} cannot be used:`, ...told.map((line) => `  ${line}`)].join('\n'), options);
    this.problems = told;
  }
}

/**
 * Reads the tools of a file.
 *
 * @throws {ToolsFileError} when there is no such file of at most 1 MiB, or anything in it is wrong.
 */
export async function loadTools(path: string, surroundings: ToolSurroundings): Promise<UserToolDefinition[]> {
  const text = await readBounded(path).catch((cause: unknown) => {
    throw new ToolsFileError(path, [`It cannot be read: ${(cause as Error).message}`], { cause });
  });
  const { data, error } = toolsFileSchema.safeParse(parseJson(path, text));
  if (error) throw new ToolsFileError(path, error.issues.map(describeIssue(text)));
  const problems = problemsOf(data.tools, surroundings);
  if (problems.length > 0) throw new ToolsFileError(path, problems);
  return data.tools;
}

async function readBounded(path: string): Promise<string> {
  // A named pipe would keep the open waiting.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const info = await file.stat();
    if (!info.isFile()) throw new Error('it is not a file.');
    const buffer = Buffer.alloc(MAX_BYTES + 1);
    let length = 0;
    for (;;) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length);
      length += bytesRead;
      if (length > MAX_BYTES) throw new Error('it is larger than 1 MiB.');
      if (bytesRead === 0)
        return new TextDecoder('utf-8', { fatal: true }).decode(buffer.subarray(0, length));
    }
  } finally {
    await file.close();
  }
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ToolsFileError(path, [`It is not JSON: ${(cause as Error).message}`], { cause });
  }
}

/** `commits: parameters.count.type: …`: by the name of the tool, where it has one. */
function describeIssue(text: string): (issue: z.core.$ZodIssue) => string {
  const file: unknown = JSON.parse(text);
  return (issue) => {
    const { path } = issue;
    const message = (issue.code === 'invalid_key' && issue.issues[0]?.message) || issue.message;
    const [field, index, ...inside] = path;
    if (field !== 'tools' || typeof index !== 'number') return `${path.join('.') || 'The file'}: ${message}.`;
    const { name } = (file as { tools: { name?: unknown }[] }).tools[index] ?? {};
    const tool = typeof name === 'string' ? name : `The tool ${index + 1}`;
    return [tool, ...(inside.length > 0 ? [inside.join('.')] : []), `${message}.`].join(': ');
  };
}
