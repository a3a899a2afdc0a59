import { ToolError } from '../../errors.ts';

/** The same for what never was, what has gone, and what belongs to somebody else. */
export function artifactNotFound(id: string): ToolError {
  const shown = /^[\w-]{1,64}$/.test(id) ? ` "${id}"` : '';
  return new ToolError(
    'ARTIFACT_NOT_FOUND',
    `There is no artifact${shown}. It may have expired: do again what made it.`,
  );
}

export function artifactQuota(limit: string): ToolError {
  return new ToolError(
    'ARTIFACT_QUOTA',
    `The artifact does not fit: ${limit}, and what is there is still being written. End what is running, or wait.`,
  );
}

export function invalidPattern(pattern: string, cause: unknown): ToolError {
  return new ToolError(
    'INVALID_PATTERN',
    `The pattern ${JSON.stringify(pattern.slice(0, 200))} is not valid: ${(cause as Error).message}. The syntax is that of RE2: no look-around and no back references.`,
    { cause },
  );
}
