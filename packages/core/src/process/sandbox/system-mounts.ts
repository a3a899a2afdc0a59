import { lstatSync, readlinkSync } from 'node:fs';

/** Directories that programs are installed in. They are world-readable and hold no secrets. */
const SYSTEM_DIRECTORIES = [
  '/usr',
  '/bin',
  '/sbin',
  '/lib',
  '/lib32',
  '/lib64',
  '/libx32',
  '/nix/store',
  '/gnu/store',
];

// Named one by one: a server that runs as root could read all of /etc, and so could a program in its sandbox.
const SYSTEM_FILES = ['/etc/alternatives', '/etc/ld.so.cache', '/etc/passwd', '/etc/group'];
const NETWORK_FILES = [
  '/etc/resolv.conf',
  '/etc/hosts',
  '/etc/nsswitch.conf',
  '/etc/services',
  '/etc/ca-certificates',
  '/etc/ssl/certs',
  '/etc/ssl/openssl.cnf',
  '/etc/pki/tls/certs',
  '/etc/pki/ca-trust/extracted',
];

/** Arguments for bwrap that make the programs of this machine visible, read-only. */
export function systemMounts(): string[] {
  return [...SYSTEM_DIRECTORIES.flatMap(mountSame), ...SYSTEM_FILES.flatMap(mountExisting)];
}

/** Arguments for bwrap that make names and certificates resolve. */
export function networkMounts(): string[] {
  return NETWORK_FILES.flatMap(mountExisting);
}

/** Whether a file lies in what {@link systemMounts} mounts. */
export function isInstalled(file: string): boolean {
  return SYSTEM_DIRECTORIES.some((directory) => file.startsWith(`${directory}/`));
}

// `/bin` is a link to `usr/bin` on most systems.
function mountSame(path: string): string[] {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found) return [];
  return found.isSymbolicLink() ? ['--symlink', readlinkSync(path), path] : ['--ro-bind', path, path];
}

function mountExisting(path: string): string[] {
  return lstatSync(path, { throwIfNoEntry: false }) ? ['--ro-bind-try', path, path] : [];
}
