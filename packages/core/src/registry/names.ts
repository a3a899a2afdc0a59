import { DefinitionError } from '../errors.ts';

/**
 * Checks the name of a tool or prompt: 1 to 64 of `A-Z a-z 0-9 _ -`, which every client and model vendor accepts.
 *
 * @throws {DefinitionError} `INVALID_NAME`
 */
export function checkName(kind: string, name: string): void {
  if (/^[A-Za-z0-9_-]{1,64}$/.test(name)) return;
  throw new DefinitionError(
    'INVALID_NAME',
    `A ${kind} cannot be called ${JSON.stringify(name)}: use 1 to 64 of A-Z, a-z, 0-9, "_" and "-".`,
  );
}
