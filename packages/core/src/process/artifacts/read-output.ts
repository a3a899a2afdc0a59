import { defineTool, type Tool } from '../../registry/tool.ts';
import { jsonSchema } from '../../registry/schema.ts';
import { callerKey } from '../../principal.ts';
import type {
  ArtifactInfo,
  ArtifactPart,
  ArtifactRange,
  ArtifactSearchResult,
  ArtifactStore,
} from './artifact-store.ts';

/** Arguments of the tool `read_output`. */
export interface ReadOutputInput {
  readonly id: string;
  readonly fromLine?: number | undefined;
  readonly lines?: number | undefined;
  readonly lastLines?: number | undefined;
  readonly from?: number | undefined;
  readonly bytes?: number | undefined;
  readonly search?: string | undefined;
  readonly pattern?: string | undefined;
  readonly ignoreCase?: boolean | undefined;
}

/** What one answer holds, so that it is not shortened in its turn. */
const MAX_BYTES = 20_000;
const DEFAULT_LINES = 400;
const MAX_MATCHES = 40;

const DESCRIPTION = `Reads output that was too long to be shown, or that is still growing. Another tool names its id.
Choose one way:
- fromLine (and lines): a range of lines, counted from 1. This is also what you get with an id alone: the first ${DEFAULT_LINES} lines.
- lastLines: the end. For errors and summaries look here first.
- search (literal text) or pattern (RE2 regular expression, no look-around): the matching lines with their numbers, up to ${MAX_MATCHES} at a time.
- from (and bytes): bytes from an offset, for very long lines.
One answer holds at most ${MAX_BYTES} bytes. Its first line says what it shows, how much there is, and with which argument to go on.`;

const position = { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER };
const amount = { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER };

const input = jsonSchema<ReadOutputInput>({
  type: 'object',
  properties: {
    id: { type: 'string', maxLength: 100, description: 'As named by the tool that made the output.' },
    fromLine: { ...amount, description: 'First line to show, from 1.' },
    lines: { ...amount, description: `How many lines. Default: ${DEFAULT_LINES}.` },
    lastLines: { ...amount, description: 'Shows this many lines of the end.' },
    from: { ...position, description: 'Byte to start at. With search or pattern: where to start looking.' },
    bytes: { ...amount, description: `How many bytes. Default and most: ${MAX_BYTES}.` },
    search: { type: 'string', minLength: 1, maxLength: 1_000, description: 'Literal text to look for.' },
    pattern: {
      type: 'string',
      minLength: 1,
      maxLength: 1_000,
      description: 'RE2 regular expression to look for.',
    },
    ignoreCase: { type: 'boolean', description: 'For search and pattern. Default: false.' },
  },
  required: ['id'],
  additionalProperties: false,
});

/** The tool by which models read artifacts: `read_output`, or what you call it. */
export function readOutputTool(
  store: ArtifactStore,
  { name = 'read_output' }: { name?: string } = {},
): Tool<ReadOutputInput, string> {
  return defineTool({
    name,
    title: 'Read output',
    description: DESCRIPTION,
    input,
    annotations: { readOnlyHint: true, openWorldHint: false },
    errors: [
      { code: 'ARTIFACT_NOT_FOUND', description: 'The id is unknown, or the output has expired.' },
      { code: 'INVALID_PATTERN', description: 'The pattern is not in the syntax of RE2.' },
    ],
    async run(args: ReadOutputInput, call): Promise<string> {
      const owner = callerKey(call);
      const { id, search, pattern, ignoreCase, from } = args;
      if (search === undefined && pattern === undefined)
        return describePart(await store.read(owner, id, rangeOf(args)));
      const query = search === undefined ? { pattern: pattern!, ignoreCase } : { text: search, ignoreCase };
      const found = await store.search(owner, id, query, {
        from,
        maxMatches: MAX_MATCHES,
        signal: call.signal,
      });
      return describeMatches(found, await store.info(owner, id));
    },
  });
}

function rangeOf({ fromLine, lines, lastLines, from, bytes }: ReadOutputInput): ArtifactRange {
  const most = Math.min(bytes ?? MAX_BYTES, MAX_BYTES);
  if (lastLines !== undefined) return { lastLines, bytes: most };
  if (from !== undefined && fromLine === undefined) return { from, bytes: most };
  if (bytes !== undefined && fromLine === undefined && lines === undefined) return { from: 0, bytes: most };
  return { fromLine: fromLine ?? 1, lines: lines ?? DEFAULT_LINES, bytes: most };
}

function describePart({ text, data, from, next, nextLine, info }: ArtifactPart): string {
  const shown = `bytes ${from} to ${from + data.length} of ${sizeOf(info)}`;
  return `[${shown}${next === undefined ? '' : continuation(text, next, nextLine, info)}]\n${text}`;
}

function continuation(text: string, next: number, nextLine: number | undefined, info: ArtifactInfo): string {
  if (next >= info.bytes) return `, still growing; go on with from: ${next}`;
  const isAtLine = nextLine !== undefined && text.endsWith('\n');
  return `; go on with ${isAtLine ? `fromLine: ${nextLine}` : `from: ${next}`}`;
}

function describeMatches({ matches, next }: ArtifactSearchResult, info: ArtifactInfo): string {
  const growing = info.isComplete ? '' : ', still growing';
  const more = next === undefined ? '' : `; go on with from: ${next}`;
  const head = `[${matches.length} matching lines in ${sizeOf(info)}${growing}${more}]`;
  return [head, ...matches.map(({ line, text }) => `${line}: ${text}`)].join('\n');
}

function sizeOf({ bytes, lines, name }: ArtifactInfo): string {
  return `${bytes} bytes in ${lines} lines${name === undefined ? '' : ` of ${JSON.stringify(name)}`}`;
}
