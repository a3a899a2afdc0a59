import { fileFault } from './file-fault.ts';
import type { Answers, Question, ThreadChange } from './messages.ts';
import { MOUNT, treePath } from './paths.ts';

/** Asks the roots. A refusal rejects with an error that has the code of a system error. */
export type Ask = <About extends Question['about']>(about: About, path: string) => Promise<Answers[About]>;

/** A directory. */
export interface DirectoryNode {
  readonly type: 'directory';
  /** Where it came from on the disk. */
  readonly source?: string | undefined;
  mode: number;
  mtime: Date;
  /** Missing until it was looked at. */
  children?: Map<string, TreeNode> | undefined;
}

/** A file: as on the disk, or with content of its own. */
export interface FileNode {
  readonly type: 'file';
  readonly source?: string | undefined;
  mode: number;
  mtime: Date;
  sizeBytes: number;
  /** Written by the run. Never changed, so that copies can share it. */
  bytes?: Uint8Array | undefined;
  /** Of the content on the disk, once it was read. */
  hash?: string | undefined;
}

/** A symbolic link. */
export interface LinkNode {
  readonly type: 'link';
  readonly source?: string | undefined;
  mode: number;
  mtime: Date;
  target?: string | undefined;
}

export type TreeNode = DirectoryNode | FileNode | LinkNode;

/** What a path leads to. */
export interface Place {
  /** Without links and dots. */
  readonly path: string;
  /** `undefined` for `/`. */
  readonly parent: DirectoryNode | undefined;
  readonly name: string;
  readonly node: TreeNode | undefined;
}

/** What a tree may hold. */
export interface TreeLimits {
  readonly maxEntries: number;
  readonly maxWrittenBytes: number;
}

const MAX_LINKS = 40;
const MAX_PATH = 4_096;

/**
 * The files a run sees: what is in the roots, looked at when it is needed, and over it what the run has written. Nothing
 * of it reaches the disk.
 */
export class Tree {
  readonly root: DirectoryNode = emptyDirectory();
  readonly ask: Ask;
  readonly #limits: TreeLimits;
  /** What the run took away from the disk, by its path there. */
  readonly #deleted = new Map<string, TreeNode['type']>();
  #entries = 0;
  #writtenBytes = 0;

  constructor(roots: readonly string[], ask: Ask, limits: TreeLimits) {
    this.ask = ask;
    this.#limits = limits;
    const mount = emptyDirectory();
    this.root.children!.set(MOUNT.slice(1), mount);
    for (const name of roots)
      mount.children!.set(name, {
        type: 'directory',
        source: `${name}:.`,
        mode: 0o755,
        mtime: new Date(0),
      });
  }

  /** Follows a path. Only its last name may be missing. */
  async find(path: string, { follow = true }: { readonly follow?: boolean } = {}): Promise<Place> {
    let names = namesOf(path);
    let trail: { readonly node: DirectoryNode; readonly name: string }[] = [{ node: this.root, name: '' }];
    let links = 0;
    for (let name = names.shift(); name !== undefined; name = names.shift()) {
      if (name === '..') {
        if (trail.length > 1) trail.pop();
        continue;
      }
      const parent = trail.at(-1)!.node;
      const place = `${trail.map((step) => step.name).join('/')}/${name}`;
      // oxlint-disable-next-line no-await-in-loop -- each name is in the directory before
      const node = (await this.childrenOf(parent)).get(name);
      const isLast = names.length === 0;
      if (node?.type === 'link' && (follow || !isLast)) {
        if (++links > MAX_LINKS) throw fileFault('ELOOP', path);
        // oxlint-disable-next-line no-await-in-loop -- see above
        const target = await this.targetOf(node);
        names = [...namesOf(target), ...names];
        if (target.startsWith('/')) trail = trail.slice(0, 1);
        continue;
      }
      if (isLast) return { path: place, parent, name, node };
      if (!node) throw fileFault('ENOENT', path);
      if (node.type !== 'directory') throw fileFault('ENOTDIR', path);
      trail.push({ node, name });
    }
    const { node, name } = trail.at(-1)!;
    return {
      path: trail.map((step) => step.name).join('/') || '/',
      parent: trail.at(-2)?.node,
      name,
      node,
    };
  }

  /** What is in a directory, read from the disk with the first look. */
  async childrenOf(directory: DirectoryNode): Promise<Map<string, TreeNode>> {
    if (directory.children) return directory.children;
    const source = directory.source!;
    const listed = await this.ask('list', source);
    // Somebody else may have been here while we waited.
    if (directory.children) return directory.children;
    this.#count(listed.length);
    const children = new Map<string, TreeNode>();
    for (const { name, type, sizeBytes, modifiedAt } of listed) {
      const common = { source: joined(source, name), mtime: new Date(modifiedAt) };
      if (type === 'file') children.set(name, { type, ...common, mode: 0o644, sizeBytes });
      else if (type === 'directory') children.set(name, { type, ...common, mode: 0o755 });
      else if (type === 'link') children.set(name, { type, ...common, mode: 0o777 });
      // Devices, pipes and sockets are not there.
    }
    return (directory.children = children);
  }

  /** Where a link leads. */
  async targetOf(link: LinkNode): Promise<string> {
    link.target ??= await this.ask('link', link.source!);
    if (link.target === undefined) throw fileFault('EACCES', treePath(link.source!));
    return link.target;
  }

  async contentOf(file: FileNode): Promise<Uint8Array> {
    if (file.bytes) return file.bytes;
    const { bytes, hash } = await this.ask('read', file.source!);
    file.hash = hash;
    file.sizeBytes = bytes.length;
    return bytes;
  }

  /** Puts a node in its place. */
  put(parent: DirectoryNode, name: string, node: TreeNode): void {
    const previous = parent.children!.get(name);
    if (!previous) this.#count(1);
    this.#countBytes(bytesIn(node) - (previous ? bytesIn(previous) : 0));
    if (previous) this.#forget(previous);
    parent.children!.set(name, node);
    parent.mtime = new Date();
  }

  /** Takes a node out, with all that is below it. */
  take(parent: DirectoryNode, name: string): void {
    const node = parent.children!.get(name);
    if (!node) return;
    this.#countBytes(-bytesIn(node));
    this.#forget(node);
    parent.children!.delete(name);
    parent.mtime = new Date();
  }

  /** Gives a file new content. */
  write(file: FileNode, bytes: Uint8Array): void {
    this.#countBytes(bytes.length - (file.bytes?.length ?? 0));
    file.bytes = bytes;
    file.sizeBytes = bytes.length;
    file.mtime = new Date();
  }

  /** What in the roots is different from the disk, in no particular order. */
  changes({ withContent }: { readonly withContent: boolean }): ThreadChange[] {
    const changes: ThreadChange[] = [];
    const deleted = new Map(this.#deleted);
    const visit = (node: TreeNode, path: string, unmoved: string | undefined): void => {
      const wasThere = deleted.delete(path) || node.source === path;
      const isNew = node.source === undefined || node.source !== unmoved;
      const change = wasThere ? 'modified' : 'added';
      if (node.type === 'file' && (isNew || node.bytes)) {
        const content = withContent && node.bytes ? { bytes: node.bytes, previousHash: node.hash } : {};
        changes.push({ path, type: 'file', change, sizeBytes: node.sizeBytes, ...content });
      } else if (node.type !== 'file' && isNew) changes.push({ path, type: node.type, change, sizeBytes: 0 });
      if (node.type !== 'directory') return;
      // A directory that was moved as a whole is one change, however much is in it.
      for (const [name, child] of node.children ?? [])
        visit(child, joined(path, name), node.source === undefined ? undefined : joined(node.source, name));
    };
    const mount = this.root.children!.get(MOUNT.slice(1)) as DirectoryNode;
    for (const [name, node] of mount.children!) visit(node, `${name}:.`, `${name}:.`);
    for (const [path, type] of deleted) changes.push({ path, type, change: 'deleted', sizeBytes: 0 });
    return changes;
  }

  #forget(node: TreeNode): void {
    if (node.source !== undefined) this.#deleted.set(node.source, node.type);
  }

  #count(entries: number): void {
    if (this.#entries + entries > this.#limits.maxEntries) throw fileFault('ENFILE', '/');
    this.#entries += entries;
  }

  #countBytes(bytes: number): void {
    if (bytes > 0 && this.#writtenBytes + bytes > this.#limits.maxWrittenBytes)
      throw fileFault('ENOSPC', '/');
    this.#writtenBytes += bytes;
  }
}

/** A directory of the run's own. */
export function emptyDirectory(mode = 0o755): DirectoryNode {
  return { type: 'directory', mode, mtime: new Date(), children: new Map() };
}

function bytesIn(node: TreeNode): number {
  if (node.type === 'file') return node.bytes?.length ?? 0;
  if (node.type === 'link') return 0;
  let bytes = 0;
  for (const child of node.children?.values() ?? []) bytes += bytesIn(child);
  return bytes;
}

function joined(path: string, name: string): string {
  return path.endsWith(':.') ? `${path.slice(0, -1)}${name}` : `${path}/${name}`;
}

function namesOf(path: string): string[] {
  if (path.length > MAX_PATH) throw fileFault('ENAMETOOLONG', path);
  return path.split('/').filter((name) => name !== '' && name !== '.');
}
