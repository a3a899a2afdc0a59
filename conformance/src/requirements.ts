import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The side of the protocol a run is about. */
export type Leg = 'server' | 'client';

/** Revisions the official suite has requirements for. */
export const REVISIONS = ['2025-11-25', '2026-07-28'] as const;

export type Revision = (typeof REVISIONS)[number];

/** Where the pinned official suite is installed. */
export const suiteDirectory = dirname(
  fileURLToPath(import.meta.resolve('@modelcontextprotocol/conformance/package.json')),
);

/** Scenarios a revision requires of one side. The suite runs others too; they are reported, not scored. */
export async function scoredScenarios(revision: Revision, leg: Leg): Promise<ReadonlySet<string>> {
  const file = join(suiteDirectory, 'requirements', `${revision}.yaml`);
  const text = await readFile(file, 'utf8');
  const list = new RegExp(`^${leg}:\n((?: +- .+\n)+)`, 'm').exec(text)?.[1];
  if (list === undefined) throw new Error(`${file} has no list "${leg}".`);
  return new Set(Array.from(list.matchAll(/- (\S+)/g), ([, scenario]) => scenario!));
}
