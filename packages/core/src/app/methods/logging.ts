import { InvalidParamsError } from '../../errors.ts';
import { isLogLevel } from '../../protocol/envelope.ts';
import type { Method } from './method.ts';

/** @see https://modelcontextprotocol.io/specification/2025-11-25/server/utilities/logging */
export const setLevel: Method = {
  era: 'legacy',
  resolve: () => ({
    async run(call) {
      const { level } = call.params;
      if (!isLogLevel(level))
        throw new InvalidParamsError(`params.level is not a log level: ${JSON.stringify(level)}.`);
      const { session } = call.state.exchange;
      if (session?.record) await session.update({ ...session.record, logLevel: level });
      return {};
    },
  }),
};
