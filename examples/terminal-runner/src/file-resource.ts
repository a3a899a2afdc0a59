import { defineResource, type Resource } from '@toolyard/core';

import type { SafeRoot } from './files/safe-root.ts';

/** `workspace:///{path}`: the files of the root as resources. */
export function fileResource(root: SafeRoot): Resource {
  return defineResource({
    template: 'workspace:///{+path}',
    name: 'workspace files',
    description: 'Text files in the file root, by path.',
    mimeType: 'text/plain',
    read: async ({ path }) => (await root.read(path)).text,
    async list() {
      const { entries } = await root.list('.');
      return entries
        .filter(({ type }) => type === 'file')
        .map(({ name, sizeBytes }) => ({ uri: `workspace:///${encodeURIComponent(name)}`, name, size: sizeBytes }));
    },
    complete: {
      async path(value) {
        const slash = value.lastIndexOf('/') + 1;
        const { entries } = await root.list(value.slice(0, slash) || '.');
        return entries
          .filter(({ name, type }) => (type === 'file' || type === 'directory') && name.startsWith(value.slice(slash)))
          .map(({ name, type }) => `${value.slice(0, slash)}${name}${type === 'directory' ? '/' : ''}`);
      },
    },
  });
}
