import type {
  Annotations,
  AudioContent,
  CallToolResult,
  ContentBlock,
  EmbeddedResource,
  ImageContent,
  ResourceContents,
  ResourceDescription,
  ResourceLink,
  TextContent,
} from './protocol/messages.ts';

const FULL = Symbol.for('toolyard.result');

/** A complete tool result, as opposed to a plain value that core wraps. */
export interface FullResult<T = unknown> extends Partial<CallToolResult> {
  readonly [FULL]: true;
  structuredContent?: T;
}

/**
 * A full tool result, for handlers that want to write `content` themselves.
 *
 * @example
 * ```ts
 * import { image, result, text } from '@toolyard/core';
 *
 * const picture = 'iVBORw0KGgo=';
 * const answer = result({ content: [text('The plot:'), image(picture, 'image/png')] });
 * ```
 */
export function result<T = unknown>(
  parts: Partial<CallToolResult> & { structuredContent?: T },
): FullResult<T> {
  return { ...parts, [FULL]: true };
}

export function isFullResult(value: unknown): value is FullResult {
  return typeof value === 'object' && value !== null && FULL in value;
}

/** Options that every content block takes. */
export interface ContentOptions {
  readonly annotations?: Annotations;
}

/** A block of text. */
export function text(value: string, options: ContentOptions = {}): TextContent {
  return { type: 'text', text: value, ...options };
}

/** A picture; `data` is base64 text or bytes. */
export function image(
  data: string | Uint8Array,
  mimeType: string,
  options: ContentOptions = {},
): ImageContent {
  return { type: 'image', data: toBase64(data), mimeType, ...options };
}

/** A sound; `data` is base64 text or bytes. Clients from before 2025-03-26 get a line of text instead. */
export function audio(
  data: string | Uint8Array,
  mimeType: string,
  options: ContentOptions = {},
): AudioContent {
  return { type: 'audio', data: toBase64(data), mimeType, ...options };
}

/** The contents of a resource, inside the result. */
export function embeddedResource(resource: ResourceContents, options: ContentOptions = {}): EmbeddedResource {
  return { type: 'resource', resource, ...options };
}

/** A pointer to a resource the client may read. Clients from before 2025-06-18 get a line of text instead. */
export function resourceLink(resource: ResourceDescription): ResourceLink {
  return { type: 'resource_link', ...resource };
}

const CONTENT_TYPES = new Set(['text', 'image', 'audio', 'resource', 'resource_link']);

/** Whether a value came from one of the block functions above (or looks exactly like it). */
export function isContentBlock(value: unknown): value is ContentBlock {
  return (
    typeof value === 'object' &&
    value !== null &&
    'type' in value &&
    typeof value.type === 'string' &&
    CONTENT_TYPES.has(value.type) &&
    ('text' in value || 'data' in value || 'resource' in value || ('uri' in value && 'name' in value))
  );
}

/** Bytes as base64, in slices that no engine refuses; text is taken to be base64 already. */
export function toBase64(data: string | Uint8Array): string {
  if (typeof data === 'string') return data;
  let binary = '';
  for (let start = 0; start < data.length; start += 0x8000) {
    binary += String.fromCharCode(...data.subarray(start, start + 0x8000));
  }
  return btoa(binary);
}
