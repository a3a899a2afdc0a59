import type { Call } from '@toolyard/core';
/**
 * Asks the person at the client a question to be answered with yes or no. The handler can run again with the answer, so
 * nothing may have been done before.
 *
 * @param key - of the question among those of the call.
 * @returns `undefined` where the client cannot ask.
 */
export declare function confirm(
  call: Call,
  {
    key,
    message,
  }: {
    readonly key: string;
    readonly message: string;
  },
): Promise<boolean | undefined>;
//# sourceMappingURL=confirm.d.ts.map
