import { defineTool, text, result, type Tool } from '@toolyard/core';
import { z } from 'zod';

import type { ProgramRunner } from '../commands/run-program.ts';
import type { RunResult } from '../commands/run-process.ts';

const captured = z.object({
  text: z.string().describe('The output; the middle is left out when it is long'),
  totalBytes: z.number(),
  omittedBytes: z.number(),
});

/** Progress messages a second, and characters of each. */
const PROGRESS_EVERY_MS = 250;
const PROGRESS_CHARACTERS = 1000;

/** `run`: one program of the allow list, without a shell. */
export function runTool(runner: ProgramRunner): Tool {
  return defineTool({
    name: 'run',
    title: 'Run a program',
    description: [
      'Runs one program with arguments, without a shell: no pipes, globs or variables.',
      `Allowed programs: ${runner.programs.join(', ')}. Paths must lie in the file root.`,
      'A program that fails is a result with isError and its exit code.',
    ].join(' '),
    input: z.object({
      program: z.string().describe('Bare name, no path'),
      args: z.array(z.string()).default([]),
      cwd: z.string().optional().describe('Directory below the file root'),
      input: z.string().optional().describe('Text for the standard input'),
      timeoutMs: z.number().int().min(1).max(60_000).optional(),
    }),
    output: z.object({
      exitCode: z.number().nullable(),
      signal: z.string().nullable(),
      timedOut: z.boolean(),
      cancelled: z.boolean(),
      durationMs: z.number(),
      stdout: captured,
      stderr: captured,
    }),
    annotations: { destructiveHint: true, openWorldHint: true },
    // Above the runner's own limit, so that a slow program ends as a result with its output so far.
    timeoutMs: 70_000,
    async run(request, call) {
      const report = outputReporter((message, progress) => call.progress({ progress, message }), call.clock.now);
      const ran = await runner.run({ ...request, signal: call.signal, onOutput: (chunk) => report(chunk.text) });
      const succeeded = ran.exitCode === 0 && !ran.timedOut && !ran.cancelled;
      return result({ structuredContent: ran, content: [text(describe(ran))], ...(!succeeded && { isError: true }) });
    },
  });
}

/** Passes on what a program writes, a few times a second, the latest characters first to survive. */
function outputReporter(send: (message: string, progress: number) => void, now: () => number) {
  let waiting = '';
  let bytes = 0;
  let lastSentAt = -Infinity;
  return (chunk: string) => {
    bytes += Buffer.byteLength(chunk);
    waiting = (waiting + chunk).slice(-PROGRESS_CHARACTERS);
    if (now() - lastSentAt < PROGRESS_EVERY_MS) return;
    lastSentAt = now();
    send(waiting, bytes);
    waiting = '';
  };
}

function describe({ exitCode, signal, timedOut, cancelled, stdout, stderr }: RunResult): string {
  const end = cancelled ? 'cancelled' : timedOut ? 'timed out' : signal === null ? `exit code ${exitCode}` : `killed by ${signal}`;
  return [stdout.text, stderr.text && `[stderr]\n${stderr.text}`, `[${end}]`].filter(Boolean).join('\n');
}
