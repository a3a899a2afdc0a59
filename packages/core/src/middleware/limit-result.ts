import { abortError, orAborted } from '../abort.ts';
import type { Call, MethodMiddleware, ResultOf } from '../call.ts';
import { positiveInteger } from '../options.ts';
import { callerKey } from '../principal.ts';
import { artifactUri, type ArtifactInfo, type ArtifactStore } from '../process/artifacts/artifact-store.ts';
import { shortenText } from '../process/output/shorten-text.ts';
import { isRecord } from '../protocol/json-rpc.ts';
import type { CallToolResult, ContentBlock } from '../protocol/messages.ts';
import { resourceLink, text } from '../results.ts';
import { shortenValue, type CheckValue } from './limit-result-value.ts';

/** Options of {@link limitResult}. */
export interface LimitResultOptions {
  /** Keeps the whole of what was too long; `fileArtifactStore` of `@toolyard/core/process`, or your own. */
  readonly store: Pick<ArtifactStore, 'create' | 'delete'>;
  /** Characters of text, and of `structuredContent` as JSON, each. Default: 24 000, some 6 000 tokens. */
  readonly maxChars?: number | undefined;
  /**
   * The tool that reads on, as clients know it; its own results are left alone. `false` where there is none, only the
   * resource. Default: `read_output`.
   */
  readonly readTool?: string | false | undefined;
  /** Which calls are limited. Default: those of clients, not those that your own code makes with `app.call`. */
  readonly when?: ((call: Call) => boolean) | undefined;
}

/**
 * Keeps the results of tools short enough for a model. What is too long is shortened, the whole becomes an artifact of
 * the caller, and the result says so in a line of text, a link and `_meta['toolyard/limited']`.
 *
 * Text keeps its first fifth and its end. In `structuredContent` long strings, lists and maps are cut as far as the
 * tool's output schema allows, so that it stays valid; `_meta` names the places. Where no smaller value is valid the
 * result turns into an error `RESULT_TOO_LARGE`, the one kind of result that needs no `structuredContent`: it says that
 * the tool has done its work and where the result is. Without an output schema, what cannot be shortened is left out.
 *
 * Images and sounds are left alone. Put it outside of `cache`, so that each caller gets an artifact of his own, and
 * outside of `redact`, so that what is kept is masked.
 *
 * @throws {InvalidOptionError} `INVALID_OPTION`
 *
 * @example
 * ```ts
 * import { createApp } from '@toolyard/core';
 * import { limitResult } from '@toolyard/core/middleware';
 * import { artifacts, fileArtifactStore } from '@toolyard/core/process';
 *
 * const store = fileArtifactStore({ directory: '/var/lib/my-server/artifacts' });
 * createApp({ name: 'demo', version: '1.0.0' })
 *   .install(artifacts, { store })
 *   .use('tools/call', limitResult({ store }));
 * ```
 */
export function limitResult(options: LimitResultOptions): MethodMiddleware<'tools/call'> {
  const { store, readTool = 'read_output', when = isFromClient } = options;
  const maxChars = positiveInteger('maxChars', options.maxChars ?? 24_000);

  return async function shortenResult(call, next) {
    const result = await next();
    if (!isComplete(result) || call.target?.name === readTool || !when(call)) return result;
    const size = sizeOf(result);
    if (size.text <= maxChars && size.json <= maxChars) return result;
    const whole = await keep(call, result, size);
    return shorten(call, result, size, whole);
  };

  /** The whole, in artifacts of the caller; none where the store has no room. */
  async function keep(call: Call, result: CallToolResult, size: Size): Promise<ArtifactInfo[]> {
    const parts: { readonly mimeType: string; readonly text: string }[] = [];
    if (size.json > maxChars) {
      const json = JSON.stringify(result.structuredContent, undefined, 2);
      parts.push({ mimeType: 'application/json', text: json });
    }
    if (size.text > maxChars && !size.isMirrored) {
      parts.push({ mimeType: 'text/plain', text: result.content.map(textOf).filter(Boolean).join('\n') });
    }
    const kept: ArtifactInfo[] = [];
    try {
      for (const part of parts) kept.push(await orAborted(call.signal, put(call, part)));
    } catch (err) {
      if (call.signal.aborted) throw abortError(call.signal.reason);
      call.log.warn({ err }, 'The whole of a long result could not be kept.');
    }
    return kept;
  }

  async function put(
    call: Call,
    part: { readonly mimeType: string; readonly text: string },
  ): Promise<ArtifactInfo> {
    const owner = callerKey(call);
    const name = `result of ${call.target?.name ?? call.method}`;
    const writer = await store.create(owner, { name, mimeType: part.mimeType });
    try {
      await writer.write(part.text);
      return await writer.end();
    } catch (error) {
      await store.delete(owner, writer.id);
      throw error;
    }
  }

  async function shorten(
    call: Call,
    result: CallToolResult,
    size: Size,
    kept: ArtifactInfo[],
  ): Promise<CallToolResult> {
    const { structuredContent, _meta: meta, ...rest } = result;
    const links = kept.map(linkTo);
    const limited = { artifacts: links.map(({ uri }) => uri) };
    const withMeta = (facts: object) => ({ ...meta, 'toolyard/limited': { ...limited, ...facts } });
    if (size.json <= maxChars) {
      const content = [...shortenBlocks(result.content), note(kept, 'shortened'), ...links];
      return { ...result, content, _meta: withMeta({}) };
    }
    const smaller = await shortenValue(structuredContent, maxChars, checkOf(call));
    if (smaller) {
      const json = JSON.stringify(smaller.value);
      const blocks = size.isMirrored ? [text(json)] : shortenBlocks(result.content);
      return {
        ...rest,
        content: [...blocks, note(kept, 'shortened'), ...links],
        structuredContent: smaller.value,
        _meta: withMeta({ cuts: smaller.cuts.slice(0, MAX_NAMED_CUTS), cutCount: smaller.cuts.length }),
      };
    }
    const content = [
      ...shortenBlocks(result.content),
      note(kept, call.tool?.output ? 'refused' : 'shortened'),
      ...links,
    ];
    if (!call.tool?.output || result.isError)
      return { ...rest, content, _meta: withMeta({ leftOut: 'structuredContent' }) };
    const error = { code: 'RESULT_TOO_LARGE', data: limited };
    return { ...rest, content, isError: true, _meta: { ...withMeta({}), 'toolyard/error': error } };
  }

  /** Shortens the text of the blocks: small ones stay whole, large ones share what is left. */
  function shortenBlocks(blocks: readonly ContentBlock[]): ContentBlock[] {
    const lengths = blocks.map((block) => textOf(block)?.length ?? 0);
    let left = maxChars;
    let share = Infinity;
    const ascending = lengths.filter((length) => length > 0).toSorted((a, b) => a - b);
    for (const [index, length] of ascending.entries()) {
      share = Math.floor(left / (ascending.length - index));
      if (length > share) break;
      left -= length;
      share = Infinity;
    }
    return blocks.map((block, index) =>
      lengths[index]! > share ? withText(block, cutText(textOf(block)!, share)) : block,
    );
  }

  function note(kept: readonly ArtifactInfo[], what: 'shortened' | 'refused'): ContentBlock {
    const said =
      what === 'refused'
        ? 'The tool has done its work; do not call it again for this. Its result is too large to be sent.'
        : 'This result was shortened.';
    if (kept.length === 0) return text(`[${said} The rest could not be kept: ask for less at a time.]`);
    const ways = kept.map(({ id, bytes, lines, mimeType }) => {
      const how = readTool === false ? `at ${artifactUri(id)}` : `with ${readTool}, id "${id}"`;
      return `The whole (${mimeType}, ${bytes} bytes in ${lines} lines) can be read ${how}.`;
    });
    return text(`[${said} ${ways.join(' ')}]`);
  }
}

const MAX_NAMED_CUTS = 20;
/** Lines count for people; here only characters do. */
const ANY_LINES = Number.MAX_SAFE_INTEGER;

interface Size {
  readonly text: number;
  readonly json: number;
  /** Whether the text is nothing but the JSON of `structuredContent`. */
  readonly isMirrored: boolean;
}

function sizeOf({ content, structuredContent }: CallToolResult): Size {
  const length = content.reduce((sum, block) => sum + (textOf(block)?.length ?? 0), 0);
  if (structuredContent === undefined) return { text: length, json: 0, isMirrored: false };
  const json = JSON.stringify(structuredContent);
  const [first, ...others] = content;
  const isMirrored = others.length === 0 && first?.type === 'text' && first.text === json;
  return { text: length, json: json.length, isMirrored };
}

function textOf(block: ContentBlock): string | undefined {
  if (block.type === 'text') return block.text;
  const inner = block.type === 'resource' ? block.resource : undefined;
  return inner && 'text' in inner && typeof inner.text === 'string' ? inner.text : undefined;
}

function withText(block: ContentBlock, shorter: string): ContentBlock {
  if (block.type === 'resource') return { ...block, resource: { ...block.resource, text: shorter } };
  return block.type === 'text' ? { ...block, text: shorter } : block;
}

function cutText(whole: string, maxChars: number): string {
  const { head, tail } = shortenText(whole, { maxChars, maxLines: ANY_LINES });
  return `${head}\n[… ${whole.length - head.length - tail.length} characters left out …]\n${tail}`;
}

function linkTo({ id, name, mimeType, bytes }: ArtifactInfo) {
  return resourceLink({ uri: artifactUri(id), name: name ?? id, mimeType, size: bytes });
}

/** Asks the output schema of the tool; without one, everything fits. */
function checkOf({ tool }: Call): CheckValue {
  const standard = tool?.output?.['~standard'];
  if (!standard) return () => Promise.resolve([]);
  return async (value) => {
    const { issues = [] } = await standard.validate(value);
    return issues.map(({ path = [] }) =>
      path.map((segment) => String(isRecord(segment) ? segment['key'] : segment)),
    );
  };
}

function isComplete(result: ResultOf<'tools/call'>): result is CallToolResult {
  return 'content' in result && Array.isArray(result.content);
}

function isFromClient({ transport }: Call): boolean {
  return transport !== 'memory';
}
