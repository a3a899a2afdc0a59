import { existsSync, readFileSync } from 'node:fs';

const names = ['tmcp', '@tmcp/transport-http', 'fastmcp', 'mcp-use', 'mcp-handler', 'mcp-lite', 'srvx'];

/** The installed versions of the packages compared here; `undefined` while one is missing. */
export function installedVersions(): Record<string, string> | undefined {
  const manifests = names.map((name) => new URL(`../node_modules/${name}/package.json`, import.meta.url));
  if (!manifests.every((manifest) => existsSync(manifest))) return undefined;
  return Object.fromEntries(manifests.map((manifest, index) => [names[index]!, versionIn(manifest)]));
}

function versionIn(manifest: URL): string {
  const { version }: { version: string } = JSON.parse(readFileSync(manifest, 'utf8'));
  return version;
}
