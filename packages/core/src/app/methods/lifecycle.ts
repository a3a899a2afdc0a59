import { InvalidParamsError } from '../../errors.ts';
import { jsonBytes } from '../../json-bytes.ts';
import { areCapabilities, isImplementation } from '../../protocol/envelope.ts';
import type { DiscoverResult, InitializeResult } from '../../protocol/messages.ts';
import { MODERN_REVISIONS, negotiateLegacy } from '../../protocol/revisions.ts';
import { capabilitiesOf } from '../capabilities.ts';
import type { Method } from './method.ts';

/** What a client can say of itself. It is kept for as long as the session is. */
const MAX_CLIENT_BYTES = 64 * 1024;

/** @see https://modelcontextprotocol.io/specification/2025-11-25/basic/lifecycle */
export const initialize: Method = {
  era: 'legacy',
  resolve: (core) => ({
    async run(call): Promise<InitializeResult> {
      const { protocolVersion: requested, capabilities, clientInfo } = call.params;
      if (typeof requested !== 'string')
        throw new InvalidParamsError('params.protocolVersion must be a string.');
      if (!areCapabilities(capabilities))
        throw new InvalidParamsError('params.capabilities must be an object of objects.');
      if (!isImplementation(clientInfo)) {
        throw new InvalidParamsError(
          'params.clientInfo must be an object with the strings name and version.',
        );
      }
      if (jsonBytes({ clientInfo, capabilities }) > MAX_CLIENT_BYTES) {
        throw new InvalidParamsError(
          `params.clientInfo and params.capabilities can have ${MAX_CLIENT_BYTES} bytes together.`,
        );
      }
      const protocolVersion = negotiateLegacy(requested);
      const client = { info: clientInfo, capabilities };
      const { session, principal } = call.state.exchange;
      if (session) {
        await session.update({ protocolVersion, client, subscriptions: [] });
        core.events.emit('sessionOpened', { id: session.id, client, principal, protocolVersion });
      }
      const { info, instructions } = core.settings;
      return {
        protocolVersion,
        capabilities: capabilitiesOf(core),
        serverInfo: info,
        ...(instructions !== undefined && { instructions }),
      };
    },
  }),
};

/** @see https://modelcontextprotocol.io/specification/2026-07-28/server/discover */
export const discover: Method = {
  era: 'modern',
  resolve: (core) => ({
    run: async (): Promise<DiscoverResult> => ({
      supportedVersions: [...MODERN_REVISIONS],
      capabilities: capabilitiesOf(core),
      ...(core.settings.instructions !== undefined && { instructions: core.settings.instructions }),
    }),
  }),
};

export const ping: Method = { era: 'legacy', resolve: () => ({ run: async () => ({}) }) };
