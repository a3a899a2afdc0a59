import type { FsStat, IFileSystem } from 'just-bash';
import { fileFault } from './file-fault.ts';
import { MOUNT, rootPath } from './paths.ts';
import {
  emptyDirectory,
  type DirectoryNode,
  type FileNode,
  type Place,
  type Tree,
  type TreeNode,
} from './tree.ts';

/** How a run may use its files. */
export interface FileRules {
  readonly maxFileBytes: number;
  /** Nothing that is on the disk can be taken away, and no links be made: `SafeRoots` does neither. */
  readonly keepsChanges: boolean;
  /** Rejects where the roots allow no change. */
  mayChange(path: string): Promise<unknown>;
}

type Encoding = 'utf8' | 'utf-8' | 'ascii' | 'binary' | 'base64' | 'hex' | 'latin1';
type How = { readonly encoding?: Encoding | null } | Encoding | undefined;
type Content = string | Uint8Array;

/** The interpreter's view of a tree. Its faults have the names of system errors. */
export class VirtualFileSystem implements IFileSystem {
  readonly #tree: Tree;
  readonly #rules: FileRules;
  readonly #changeable = new Set<string>();
  /** By which the tools tell that two names are one file. */
  readonly #numbers = new WeakMap<TreeNode, number>();
  #lastNumber = 0;

  constructor(tree: Tree, rules: FileRules) {
    this.#tree = tree;
    this.#rules = rules;
  }

  async readFile(path: string, how?: How): Promise<string> {
    return Buffer.from(await this.readFileBuffer(path)).toString(encodingOf(how));
  }

  async readFileBuffer(path: string): Promise<Uint8Array> {
    const { node } = await this.#there(path);
    if (node.type === 'directory') throw fileFault('EISDIR', path);
    if (node.type !== 'file') throw fileFault('EINVAL', path);
    return this.#tree.contentOf(node);
  }

  async writeFile(path: string, content: Content, how?: How): Promise<void> {
    await this.#change(path, () => bytesOf(content, how));
  }

  async appendFile(path: string, content: Content, how?: How): Promise<void> {
    await this.#change(path, async (file) =>
      Buffer.concat([file ? await this.#tree.contentOf(file) : Buffer.alloc(0), bytesOf(content, how)]),
    );
  }

  async exists(path: string): Promise<boolean> {
    try {
      return (await this.#tree.find(path)).node !== undefined;
    } catch {
      return false;
    }
  }

  async stat(path: string): Promise<FsStat> {
    return this.#statOf((await this.#there(path)).node);
  }

  async lstat(path: string): Promise<FsStat> {
    return this.#statOf((await this.#there(path, { follow: false })).node);
  }

  async mkdir(path: string, { recursive = false }: { readonly recursive?: boolean } = {}): Promise<void> {
    const place = await this.#tree.find(path).catch(async (error: unknown) => {
      if (!recursive || !isFault(error, 'ENOENT')) throw error;
      await this.mkdir(parentOf(path), { recursive });
      return this.#tree.find(path);
    });
    if (place.node) {
      if (recursive && place.node.type === 'directory') return;
      throw fileFault('EEXIST', path);
    }
    await this.#assertChangeable(place.path);
    this.#tree.put(place.parent!, place.name, emptyDirectory());
  }

  async readdir(path: string): Promise<string[]> {
    return [...(await this.#directory(path)).keys()].toSorted();
  }

  async readdirWithFileTypes(path: string) {
    return Array.from(await this.#directory(path), ([name, { type }]) => ({
      name,
      isFile: type === 'file',
      isDirectory: type === 'directory',
      isSymbolicLink: type === 'link',
    })).toSorted((one, other) => (one.name < other.name ? -1 : 1));
  }

  async rm(
    path: string,
    { recursive = false, force = false }: { readonly recursive?: boolean; readonly force?: boolean } = {},
  ): Promise<void> {
    const place = await this.#tree.find(path, { follow: false });
    if (!place.node) {
      if (force) return;
      throw fileFault('ENOENT', path);
    }
    if (place.node.type === 'directory' && !recursive && (await this.#tree.childrenOf(place.node)).size > 0)
      throw fileFault('ENOTEMPTY', path);
    await this.#assertRemovable(place);
    this.#tree.take(place.parent!, place.name);
  }

  async cp(
    from: string,
    to: string,
    { recursive = false }: { readonly recursive?: boolean } = {},
  ): Promise<void> {
    // Links in a directory are copied as links: following them could go on forever.
    const { node, path } = await this.#there(from, { follow: !recursive });
    if (node.type === 'link') return this.symlink(await this.#tree.targetOf(node), to);
    if (node.type !== 'directory') return this.writeFile(to, await this.readFileBuffer(from));
    if (!recursive) throw fileFault('EISDIR', from);
    const target = await this.#tree.find(to);
    if (target.path === path || target.path.startsWith(`${path === '/' ? '' : path}/`))
      throw fileFault('EINVAL', to);
    await this.mkdir(to, { recursive: true });
    for (const name of await this.readdir(from))
      // oxlint-disable-next-line no-await-in-loop -- one after the other, as the limits count
      await this.cp(`${from}/${name}`, `${to}/${name}`, { recursive });
  }

  async mv(from: string, to: string): Promise<void> {
    const source = await this.#there(from, { follow: false });
    const target = await this.#tree.find(to, { follow: false });
    if (target.path === source.path) return;
    if (target.path.startsWith(`${source.path}/`)) throw fileFault('EINVAL', to);
    await this.#assertRemovable(source);
    if (target.node) {
      if (target.node.type === 'directory') throw fileFault('EISDIR', to);
      if (source.node.type === 'directory') throw fileFault('ENOTDIR', to);
    }
    await this.#assertChangeable(target.path);
    const { node } = source;
    this.#tree.take(source.parent!, source.name);
    this.#tree.put(target.parent!, target.name, node);
  }

  async chmod(path: string, mode: number): Promise<void> {
    const { node, path: place } = await this.#there(path);
    await this.#assertChangeable(place);
    node.mode = mode & 0o777;
  }

  async utimes(path: string, _atime: Date, mtime: Date): Promise<void> {
    const { node, path: place } = await this.#there(path);
    await this.#assertChangeable(place);
    node.mtime = mtime;
  }

  async symlink(target: string, path: string): Promise<void> {
    const place = await this.#tree.find(path, { follow: false });
    if (place.node) throw fileFault('EEXIST', path);
    if (this.#rules.keepsChanges && rootPath(place.path) !== undefined) throw fileFault('EPERM', path);
    await this.#assertChangeable(place.path);
    this.#tree.put(place.parent!, place.name, { type: 'link', mode: 0o777, mtime: new Date(), target });
  }

  async link(_from: string, to: string): Promise<void> {
    throw fileFault('EPERM', to);
  }

  async readlink(path: string): Promise<string> {
    const { node } = await this.#there(path, { follow: false });
    if (node.type !== 'link') throw fileFault('EINVAL', path);
    return this.#tree.targetOf(node);
  }

  async realpath(path: string): Promise<string> {
    return (await this.#there(path)).path;
  }

  resolvePath(base: string, path: string): string {
    const names: string[] = [];
    for (const name of (path.startsWith('/') ? path : `${base}/${path}`).split('/'))
      if (name === '..') names.pop();
      else if (name !== '' && name !== '.') names.push(name);
    return `/${names.join('/')}`;
  }

  /** The interpreter finds what it needs by reading directories. */
  getAllPaths(): string[] {
    return [];
  }

  /** For the layout the interpreter makes at its start, which is in memory. */
  mkdirSync(path: string): void {
    this.#madeSync(path);
  }

  /** As {@link mkdirSync}. */
  writeFileSync(
    path: string,
    content: Content,
    how?: How,
    { mode = 0o644 }: { readonly mode?: number } = {},
  ): void {
    const bytes = bytesOf(content, how);
    const file: FileNode = { type: 'file', mode, mtime: new Date(), sizeBytes: bytes.length, bytes };
    this.#tree.put(this.#madeSync(parentOf(path)), nameOf(path), file);
  }

  #madeSync(path: string): DirectoryNode {
    let directory = this.#tree.root;
    for (const name of path.split('/').filter(Boolean)) {
      const found = directory.children?.get(name);
      if (found && (found.type !== 'directory' || !found.children)) throw fileFault('EEXIST', path);
      const next: DirectoryNode = found ?? emptyDirectory();
      if (!found) this.#tree.put(directory, name, next);
      directory = next;
    }
    return directory;
  }

  #statOf(node: TreeNode): FsStat {
    let ino = this.#numbers.get(node);
    if (ino === undefined) this.#numbers.set(node, (ino = ++this.#lastNumber));
    return {
      isFile: node.type === 'file',
      isDirectory: node.type === 'directory',
      isSymbolicLink: node.type === 'link',
      mode: node.mode,
      size: node.type === 'file' ? node.sizeBytes : 0,
      mtime: node.mtime,
      dev: 1,
      ino,
    };
  }

  async #there(
    path: string,
    how?: { readonly follow?: boolean },
  ): Promise<Place & { readonly node: TreeNode }> {
    const place = await this.#tree.find(path, how);
    if (!place.node) throw fileFault('ENOENT', path);
    return { ...place, node: place.node };
  }

  async #directory(path: string): Promise<Map<string, TreeNode>> {
    const { node } = await this.#there(path);
    if (node.type !== 'directory') throw fileFault('ENOTDIR', path);
    return this.#tree.childrenOf(node);
  }

  async #change(
    path: string,
    content: (file: FileNode | undefined) => Promise<Uint8Array> | Uint8Array,
  ): Promise<void> {
    const { node, parent, name, path: place } = await this.#tree.find(path);
    if (node?.type === 'directory') throw fileFault('EISDIR', path);
    await this.#assertChangeable(place);
    const file: FileNode =
      node?.type === 'file' ? node : { type: 'file', mode: 0o644, mtime: new Date(), sizeBytes: 0 };
    const bytes = await content(node ? file : undefined);
    if (bytes.length > this.#rules.maxFileBytes) throw fileFault('EFBIG', path);
    if (!node) this.#tree.put(parent!, name, file);
    this.#tree.write(file, bytes);
  }

  async #assertChangeable(path: string): Promise<void> {
    const inRoot = rootPath(path);
    if (inRoot === undefined) {
      if (path === '/' || path === MOUNT) throw fileFault('EPERM', path);
      return;
    }
    if (this.#changeable.has(inRoot)) return;
    await this.#rules.mayChange(inRoot);
    this.#changeable.add(inRoot);
  }

  async #assertRemovable({ path, node }: Place): Promise<void> {
    const inRoot = rootPath(path);
    if (path === '/' || path === MOUNT || inRoot?.endsWith(':.')) throw fileFault('EBUSY', path);
    if (this.#rules.keepsChanges && node?.source !== undefined) throw fileFault('EPERM', path);
    await this.#assertChangeable(path);
  }
}

function bytesOf(content: Content, how: How): Uint8Array {
  return typeof content === 'string' ? Buffer.from(content, encodingOf(how)) : new Uint8Array(content);
}

function encodingOf(how: How): Encoding {
  return (typeof how === 'string' ? how : how?.encoding) ?? 'utf8';
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function isFault(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
