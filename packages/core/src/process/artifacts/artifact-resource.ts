import { isToolError, NotFoundError } from '../../errors.ts';
import { callerKey } from '../../principal.ts';
import type { ResourceContents } from '../../protocol/messages.ts';
import { defineResource, type Resource } from '../../registry/resource.ts';
import { toBase64 } from '../../results.ts';
import { isText } from './artifact-ranges.ts';
import { artifactUri, type ArtifactStore } from './artifact-store.ts';

/** What one read gives. Larger artifacts go on at `_meta['toolyard/next']`. */
const MAX_BYTES = 1_048_576;

/**
 * The resources `artifact://{id}`, each for its owner alone. `?from=` and `&bytes=` read a part. A result with more
 * behind it has `_meta['toolyard/next']`, the byte to go on from.
 */
export function artifactResource(store: ArtifactStore): Resource {
  return defineResource({
    template: 'artifact://{id}',
    name: 'artifact',
    title: 'Output',
    description: 'Output and results that were too long to be shown, each for whoever made it.',
    cache: { ttlMs: 0, cacheScope: 'private' },
    async list(call) {
      const infos = await store.list(callerKey(call));
      return infos.map(({ id, name, mimeType, bytes }) => ({
        uri: artifactUri(id),
        name: name ?? id,
        mimeType,
        size: bytes,
      }));
    },
    async mayWatch({ id }, call) {
      return store.info(callerKey(call), id).then(
        () => true,
        () => false,
      );
    },
    async read({ id: rest }, call): Promise<ResourceContents[]> {
      // The query is part of what the template takes for the id.
      const [id = '', query] = rest.split('?', 2);
      const search = new URLSearchParams(query);
      const uri = call.target?.name ?? artifactUri(rest);
      const range = {
        from: numberOf(search.get('from')) ?? 0,
        bytes: Math.min(numberOf(search.get('bytes')) || MAX_BYTES, MAX_BYTES),
      };
      try {
        const { data, text, next, info } = await store.read(callerKey(call), id, range);
        const facts = {
          uri,
          mimeType: info.mimeType,
          ...(next !== undefined && { _meta: { 'toolyard/next': next } }),
        };
        return [isText(info.mimeType) ? { ...facts, text } : { ...facts, blob: toBase64(data) }];
      } catch (error) {
        if (isToolError(error)) throw new NotFoundError('resource', uri);
        throw error;
      }
    },
  });
}

function numberOf(text: string | null): number | undefined {
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
