import { defineTool, result, text, type Call, type Tool } from '@toolyard/core';
import { z } from 'zod';

import type { ProgramRunner } from '../commands/run-program.ts';
import type { OutputChunk, RunResult } from '../commands/run-process.ts';

/** Progress messages are this far apart, and this long at most. */
const PROGRESS_EVERY_MS = 250;
const PROGRESS_CHARACTERS = 1_000;
/** The longest a program may ask for. */
const MAX_TIMEOUT_MS = 60_000;

const captured = z.object({
  text: z.string().describe('The output; of a long one the middle is left out'),
  totalBytes: z.number(),
  omittedBytes: z.number(),
});

/** `run`: one program of the allow list, without a shell. */
export function runTool(runner: ProgramRunner): Tool {
  const { programs, readOnly } = runner;
  return defineTool({
    name: 'run',
    title: 'Run a program',
    description: [
      `Runs one program and returns its output and exit code. Allowed: ${programs.join(', ')}.`,
      'There is no shell: no pipes, redirections, globs or variables; give each argument as its own item of args.',
      'Paths are relative to the file root and have to stay in it.',
      'A program that fails or runs out of time is an error result with its output so far.',
    ].join(' '),
    input: z.object({
      program: z.string().describe('Name of the program, without a path'),
      args: z.array(z.string()).default([]).describe('For example ["-n", "5", "notes.txt"]'),
      cwd: z.string().optional().describe('Directory to run in; default: the file root'),
      input: z.string().optional().describe('Text for the standard input; default: none'),
      timeoutMs: z.number().int().min(1).max(MAX_TIMEOUT_MS).default(MAX_TIMEOUT_MS),
    }),
    output: z.object({
      exitCode: z.number().nullable().describe('Null when a signal ended the program'),
      signal: z.string().nullable(),
      timedOut: z.boolean(),
      cancelled: z.boolean(),
      durationMs: z.number(),
      stdout: captured,
      stderr: captured,
    }),
    annotations: { readOnlyHint: readOnly, openWorldHint: !readOnly },
    // Above the limit of the program, so that a slow one ends as a result with its output so far.
    timeoutMs: MAX_TIMEOUT_MS + 10_000,
    async run(request, call) {
      const ran = await runner.run({ ...request, signal: call.signal, onOutput: outputReporter(call) });
      const failed = ran.exitCode !== 0 || ran.timedOut || ran.cancelled;
      return result({
        structuredContent: ran,
        content: [text(describeRun(ran))],
        ...(failed && { isError: true }),
      });
    },
  });
}

/** Passes output on as progress, some times a second; of what came in between, the end. */
function outputReporter(call: Call) {
  let message = '';
  let totalBytes = 0;
  let sentAt = -Infinity;
  return function report(chunk: OutputChunk): void {
    totalBytes += Buffer.byteLength(chunk.text);
    message = (message + chunk.text).slice(-PROGRESS_CHARACTERS);
    if (call.clock.now() - sentAt < PROGRESS_EVERY_MS) return;
    sentAt = call.clock.now();
    call.progress({ progress: totalBytes, message });
    message = '';
  };
}

function describeRun({ stdout, stderr, ...end }: RunResult): string {
  const parts = [stdout.text, stderr.text && `[stderr]\n${stderr.text}`, `[${describeEnd(end)}]`];
  return parts.filter((part) => part !== '').join('\n');
}

function describeEnd({
  exitCode,
  signal,
  timedOut,
  cancelled,
  durationMs,
}: Omit<RunResult, 'stdout' | 'stderr'>): string {
  if (cancelled) return 'cancelled';
  if (timedOut) return `timed out after ${durationMs} ms`;
  return signal === null ? `exit code ${exitCode}` : `killed by ${signal}`;
}
