import { ToolyardError } from '../errors.ts';

/**
 * Loads an optional peer dependency with its first use.
 *
 * @throws {ToolyardError} `PEER_MISSING` when it is not installed.
 */
export async function loadPeer<Module>(name: string, load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    // A package that is missing inside of the peer is another fault.
    const isMissing = /^(ERR_)?MODULE_NOT_FOUND$/.test(code ?? '') && message.includes(`'${name}'`);
    if (!isMissing) throw error;
    throw new ToolyardError('PEER_MISSING', `This needs the package ${name}: npm install ${name}`, {
      cause: error,
    });
  }
}
