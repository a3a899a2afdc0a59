import { isToolError, resourceLink, result, text } from '@toolyard/core';
import { artifactUri, type ArtifactStore, type TerminalSession } from '@toolyard/core/process';
import { z } from 'zod';
import type { Settled } from './settle.ts';

/** What a model sees of a terminal. */
export const screenSchema = z.object({
  id: z.string(),
  screen: z
    .string()
    .describe('The lines that stand on it, after those of the scrollback that were asked for'),
  title: z.string().describe('What the program calls its window'),
  columns: z.number(),
  rows: z.number(),
  cursor: z.object({ row: z.number(), column: z.number() }).describe('Counted from 1, on the screen'),
  isAlternate: z.boolean().describe('Whether a full-screen program has the screen'),
  scrollbackLines: z.number().describe('How many lines have left the top and can be asked for'),
  status: z.enum(['running', 'ending', 'exited']),
  exitCode: z.number().nullable().optional().describe('Of an ended program; null when a signal ended it'),
  signal: z.string().nullable().optional(),
  reason: z
    .enum(['exited', 'timedOut', 'idle', 'killed', 'closed'])
    .optional()
    .describe('Who ended it: itself, its time limit, its idle limit, close_terminal, the server'),
  waited: z
    .enum(['matched', 'idle', 'exited', 'timedOut'])
    .optional()
    .describe('Why the wait ended: the pattern, silence, the end of the program, or its time'),
  omittedLines: z.number().optional().describe('Lines at the top that are too many to be shown here'),
  outputId: z.string().optional().describe('For read_output: all lines'),
});

interface ScreenResultOptions {
  readonly artifacts: ArtifactStore;
  readonly owner: string;
  /** Lines from above the screen. */
  readonly scrollback?: number | undefined;
  readonly waited?: Settled | undefined;
}

/** In characters: of the text of a result, and of its structured content. */
const MAX_TEXT = 8_000;

/** The screen of a terminal as the result of a tool. What is too long for it becomes an artifact. */
export async function screenResult(
  session: TerminalSession,
  { artifacts, owner, scrollback = 0, waited }: ScreenResultOptions,
) {
  const {
    lines,
    scrollback: above = [],
    cursor,
    isAlternate,
    scrollbackLines,
  } = session.screen({ scrollback });
  const info = session.info();
  const { id, title, columns, rows, status, label, exitCode, signal, reason } = info;
  const all = [...above, ...lines];
  const shown = lastLines(all);
  const omittedLines = all.length - shown.length;
  const outputId = omittedLines > 0 ? await keep(all, { artifacts, owner, name: label }) : undefined;
  const structuredContent = {
    id,
    screen: shown.join('\n'),
    title,
    columns,
    rows,
    cursor,
    isAlternate,
    scrollbackLines,
    status,
    exitCode,
    signal,
    reason,
    waited,
    ...(omittedLines > 0 && { omittedLines, outputId }),
  };
  const notes = [
    describeStatus(info),
    `cursor at row ${cursor.row}, column ${cursor.column} of ${columns}x${rows}`,
    ...(waited === 'timedOut' ? ['waitMs was over first'] : []),
    ...(outputId === undefined ? [] : [`${omittedLines} lines above; read_output, id "${outputId}"`]),
  ];
  return result({
    structuredContent,
    content: [
      text([...shown, `[${notes.join('; ')}]`].join('\n')),
      ...(outputId === undefined ? [] : [resourceLink({ uri: artifactUri(outputId), name: label })]),
    ],
  });
}

/** How a terminal is, in a few words. */
export function describeStatus({
  status,
  exitCode,
  signal,
  reason,
}: Pick<ReturnType<TerminalSession['info']>, 'status' | 'exitCode' | 'signal' | 'reason'>): string {
  if (status !== 'exited') return status;
  const how = typeof signal === 'string' ? `by ${signal}` : `with exit code ${exitCode}`;
  return reason === 'exited' ? `ended ${how}` : `ended ${how} (${reason})`;
}

/** As many as there is room for; of one that is longer than that, its end. */
function lastLines(lines: readonly string[]): readonly string[] {
  let room = MAX_TEXT;
  const first = lines.findLastIndex((line) => (room -= line.length + 1) < 0) + 1;
  return first === lines.length && first > 0 ? [lines[first - 1]!.slice(-MAX_TEXT)] : lines.slice(first);
}

async function keep(
  lines: readonly string[],
  { artifacts, owner, name }: { artifacts: ArtifactStore; owner: string; name: string },
): Promise<string | undefined> {
  try {
    const writer = await artifacts.create(owner, { name });
    await writer.write(`${lines.join('\n')}\n`);
    await writer.end();
    return writer.id;
  } catch (error) {
    // No room: the end of it is worth more than an error.
    if (isToolError(error)) return undefined;
    throw error;
  }
}
