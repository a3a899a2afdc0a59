import { defineResource, isToolError, NotFoundError, ToolError, type Resource } from '@toolyard/core';
import type { ListedEntry, SafeRoots } from '@toolyard/core/process';

/** What is no resource: it is not there, leads out of the workspace, or is no file. */
const NO_RESOURCE = [
  'PATH_NOT_FOUND',
  'PATH_OUTSIDE_ROOT',
  'PATH_INVALID',
  'ROOT_NOT_FOUND',
  'NOT_A_FILE',
  'NOT_A_DIRECTORY',
  'IS_A_LINK',
];

const MAX_LISTED = 200;

/**
 * `workspace://{root}/{path}`: the text files of the workspaces as resources. Lists those at the top of each; reads
 * all, as far as one read goes.
 */
export function fileResource(roots: SafeRoots): Resource {
  /** What is in a directory, without what may not be read. */
  async function entriesOf(root: string, directory = '.'): Promise<readonly ListedEntry[]> {
    const { entries } = await roots.list(`${root}:${directory}`, { maxEntries: MAX_LISTED });
    const isReadable = ({ path }: ListedEntry) =>
      roots.checkOperand(path, { access: 'read' }).then(
        () => true,
        () => false,
      );
    const readable = await Promise.all(entries.map(isReadable));
    return entries.filter(({ type }, index) => (type === 'file' || type === 'directory') && readable[index]);
  }

  return defineResource({
    template: 'workspace://{root}/{+path}',
    name: 'workspace-files',
    title: 'Files',
    description: 'Text files, by workspace and path.',
    mimeType: 'text/plain',
    async read({ root, path }, { signal }) {
      const { text, nextOffset } = await roots.read(`${root}:${path}`, { signal }).catch((error: unknown) => {
        const missing = isToolError(error) && NO_RESOURCE.includes(error.code);
        throw missing ? new NotFoundError('resource', uriOf(root, path)) : error;
      });
      if (nextOffset === undefined) return text;
      const advice = 'is too large for a resource; read it in parts with read_file';
      throw new ToolError('FILE_TOO_LARGE', `${JSON.stringify(path)} ${advice}.`);
    },
    async list() {
      const listed = await Promise.all(
        roots.roots.map(async ({ name: root }) => {
          const entries = await entriesOf(root);
          return entries
            .filter(({ type }) => type === 'file')
            .map(({ name, sizeBytes }) => ({
              uri: uriOf(root, name),
              name,
              mimeType: 'text/plain',
              size: sizeBytes,
            }));
        }),
      );
      return listed.flat();
    },
    complete: {
      root: (value) => roots.roots.map(({ name }) => name).filter((name) => name.startsWith(value)),
      async path(value, _call, { root = roots.roots[0]?.name ?? '' }) {
        const [directory, start] = splitAtLastSlash(value);
        const entries = await entriesOf(root, directory || '.').catch(() => []);
        return entries
          .filter(({ name }) => name.startsWith(start))
          .map(({ name, type }) => `${directory}${name}${type === 'directory' ? '/' : ''}`);
      },
    },
  });
}

function uriOf(root: string, path: string): string {
  return `workspace://${root}/${path.split('/').map(encodeURIComponent).join('/')}`;
}

/** `a/b/c` is `a/b/` and `c`. */
function splitAtLastSlash(path: string): [directory: string, name: string] {
  const end = path.lastIndexOf('/') + 1;
  return [path.slice(0, end), path.slice(end)];
}
