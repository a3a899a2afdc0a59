// What the repository publishes, read from the manifests.
import { globSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';

import { z } from 'zod';

const Manifest = z.object({
  name: z.string(),
  version: z.string(),
  exports: z.record(z.string(), z.union([z.string(), z.record(z.string(), z.string())])),
  peerDependencies: z.record(z.string(), z.string()).default({}),
});

export interface PublishedPackage extends z.infer<typeof Manifest> {
  /** Relative to the root of the repository. */
  readonly folder: string;
  readonly entries: readonly Entry[];
}

/** One importable path of a package. */
export interface Entry {
  /** As users write it: `@toolyard/core/middleware`. */
  readonly specifier: string;
  /** The file's name without folder and extension: `index`, `middleware`. */
  readonly name: string;
  /** The declarations, once `tsc -b` has run. */
  readonly types: string;
}

export function publishedPackages(): PublishedPackage[] {
  return globSync('packages/*/package.json')
    .toSorted()
    .map((path) => {
      const folder = dirname(path);
      const manifest = Manifest.parse(JSON.parse(readFileSync(path, 'utf8')));
      const entries = Object.entries(manifest.exports).flatMap(([subpath, target]) =>
        typeof target === 'string' ? [] : [entry(folder, manifest.name, subpath, target)],
      );
      return { ...manifest, folder, entries };
    });
}

function entry(folder: string, packageName: string, subpath: string, target: Record<string, string>): Entry {
  const types = target['types'];
  if (!types) throw new Error(`${packageName}: exports["${subpath}"] has no types`);
  const name = types.slice(types.lastIndexOf('/') + 1, -'.d.ts'.length);
  return { specifier: packageName + subpath.slice(1), name, types: `${folder}/${types.replace('./', '')}` };
}
