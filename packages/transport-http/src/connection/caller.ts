import type { Peer, Principal } from '@toolyard/core';

/** Who sent a message. */
export interface Caller {
  readonly principal: Principal;
  readonly tenant: string | undefined;
  readonly peer: Peer | undefined;
}
