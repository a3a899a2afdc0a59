import type { Principal } from '@toolyard/core';

import type { Accepts } from './accept.ts';
import type { HttpHeaders, Incoming, Reply } from './message.ts';

/** One authenticated request. */
export interface Arrival {
  readonly incoming: Incoming;
  readonly reply: Reply;
  readonly principal: Principal;
  readonly tenant: string | undefined;
  /** Where a client that lacks scopes reads how to get them. */
  readonly resourceMetadata?: string | undefined;
  readonly accepts: Accepts;
  /** Headers of every answer to it. */
  readonly headers: HttpHeaders;
}
