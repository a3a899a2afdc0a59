import { defineResource, NotFoundError, type Resource } from '@toolyard/core';

import { TerminalError } from './errors.ts';
import type { SafeRoot } from './files/safe-root.ts';

/** What is no resource: it is not there, leads out of the root, or is no file. */
const NO_RESOURCE = [
  'PATH_NOT_FOUND',
  'PATH_OUTSIDE_ROOT',
  'PATH_INVALID',
  'NOT_A_FILE',
  'NOT_A_DIRECTORY',
  'IS_A_LINK',
];

/** `workspace:///{path}`: the text files of the root as resources. Lists those at the top; reads all, as far as one read goes. */
export function fileResource(root: SafeRoot): Resource {
  return defineResource({
    template: 'workspace:///{+path}',
    name: 'workspace-files',
    title: 'Files',
    description: 'Text files below the file root, by their path.',
    mimeType: 'text/plain',
    async read({ path }) {
      const { text, nextOffset } = await root.read(path).catch((error: unknown) => {
        const missing = error instanceof TerminalError && NO_RESOURCE.includes(error.code);
        throw missing ? new NotFoundError('resource', uriOf(path)) : error;
      });
      if (nextOffset === undefined) return text;
      const advice = 'is too large for a resource; read it in parts with read_file';
      throw new TerminalError('FILE_TOO_LARGE', `${JSON.stringify(path)} ${advice}.`);
    },
    async list() {
      const { entries } = await root.list();
      return entries
        .filter(({ type }) => type === 'file')
        .map(({ name, sizeBytes }) => ({ uri: uriOf(name), name, mimeType: 'text/plain', size: sizeBytes }));
    },
    complete: {
      async path(value) {
        const [directory, start] = splitAtLastSlash(value);
        const { entries } = await root.list(directory || '.').catch(() => ({ entries: [] }));
        return entries
          .filter(({ name, type }) => name.startsWith(start) && (type === 'file' || type === 'directory'))
          .map(({ name, type }) => `${directory}${name}${type === 'directory' ? '/' : ''}`);
      },
    },
  });
}

function uriOf(path: string): string {
  return `workspace:///${path.split('/').map(encodeURIComponent).join('/')}`;
}

/** `a/b/c` is `a/b/` and `c`. */
function splitAtLastSlash(path: string): [directory: string, name: string] {
  const end = path.lastIndexOf('/') + 1;
  return [path.slice(0, end), path.slice(end)];
}
