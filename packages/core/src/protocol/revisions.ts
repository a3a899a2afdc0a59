/** Every protocol revision Toolyard serves, oldest first. */
export const REVISIONS = ['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25', '2026-07-28'] as const;

/** One revision of the Model Context Protocol. Revisions are dates, so they order as strings. */
export type Revision = (typeof REVISIONS)[number];

/**
 * The two ways a client can talk to a server: `legacy` revisions (2025-11-25 and older) open a session with
 * `initialize`; `modern` ones (2026-07-28) carry version and capabilities in the `_meta` of each request.
 */
export type Era = 'legacy' | 'modern';

/** The newest revision, and the first without sessions. */
export const MODERN_REVISION = '2026-07-28' satisfies Revision;
/** The newest revision that opens sessions. */
export const LATEST_LEGACY_REVISION = '2025-11-25' satisfies Revision;

/** The revision a 2025 request without an `MCP-Protocol-Version` header is taken to speak. */
export const ASSUMED_LEGACY_REVISION = '2025-03-26' satisfies Revision;

/** Revisions that are opened with `initialize`. */
export const LEGACY_REVISIONS: readonly Revision[] = REVISIONS.filter(
  (revision) => revision < MODERN_REVISION,
);

/** Revisions that a request can name in its `_meta`. */
export const MODERN_REVISIONS: readonly Revision[] = REVISIONS.filter(
  (revision) => revision >= MODERN_REVISION,
);

/** Whether a value is a revision Toolyard serves. */
export function isRevision(value: unknown): value is Revision {
  return (REVISIONS as readonly unknown[]).includes(value);
}

/** Whether a version, known or not, belongs to the era without sessions. Those before were all dates. */
export function isModernVersion(version: string): boolean {
  return version >= MODERN_REVISION;
}

/**
 * The revision a server answers `initialize` with: the one asked for if it is served, else the newest legacy one.
 *
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/lifecycle#version-negotiation
 */
export function negotiateLegacy(requested: unknown): Revision {
  return LEGACY_REVISIONS.find((revision) => revision === requested) ?? LATEST_LEGACY_REVISION;
}
