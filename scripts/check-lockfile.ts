// Fails when package-lock.json
// - lacks entries that `npm ci` will demand: npm leaves an optional platform package out of the lockfile when the
//   registry does not have it, and then refuses the lockfile it wrote;
// - names the registry it was written from, which others may not reach (.npmrc keeps it out, old npm ignores that).
import { readFileSync } from 'node:fs';

import { z } from 'zod';

const Lockfile = z.object({
  packages: z.record(
    z.string(),
    z.object({
      resolved: z.string().optional(),
      optionalDependencies: z.record(z.string(), z.string()).default({}),
    }),
  ),
});

const { packages } = Lockfile.parse(JSON.parse(readFileSync('package-lock.json', 'utf8')));
const entries = Object.entries(packages);
const locked = new Set(entries.map(([path]) => path.split('node_modules/').at(-1)));

const incomplete = entries.flatMap(([path, { optionalDependencies }]) => {
  const missing = Object.keys(optionalDependencies).filter((name) => !locked.has(name));
  return missing.length > 0 ? [`${path}: ${missing.join(', ')}`] : [];
});
if (incomplete.length > 0) {
  console.error(`Not in package-lock.json (pin an older version of the parent):\n${incomplete.join('\n')}`);
  process.exitCode = 1;
}

const bound = entries.filter(([, { resolved }]) => resolved?.startsWith('http')).map(([path]) => path);
if (bound.length > 0) {
  console.error(
    `package-lock.json names a registry for ${bound.length} packages, ${bound[0]} first; use npm 11 to write it.`,
  );
  process.exitCode = 1;
}
