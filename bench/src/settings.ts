/** How long and how often the groups measure. */
export interface Settings {
  rounds: number;
  /** How long one server is under load in one round. */
  blockMs: number;
  /** CPU time each server gets before anything counts. */
  warmUpMs: number;
  connections: number;
  /** Calls in one block of the in-process group. */
  inProcessCalls: number;
  /** Calls in one block of the allocation group. */
  allocationCalls: number;
  /** Sessions opened and left alone. */
  sessions: number;
  sessionIdleMs: number;
  /** Calls after which memory must be what it was. */
  growthCalls: number;
  /** The same, for the group that takes its time. */
  soakCalls: number;
  /** How often its memory is looked at. */
  soakSamples: number;
  /** Which servers take part: the beginnings of their ids. Empty means all. */
  servers: string[];
}

export const fullSettings: Settings = {
  rounds: 9,
  blockMs: 750,
  warmUpMs: 2_000,
  connections: 16,
  inProcessCalls: 50_000,
  allocationCalls: 5_000,
  sessions: 10_000,
  sessionIdleMs: 30_000,
  growthCalls: 100_000,
  soakCalls: 10_000_000,
  soakSamples: 40,
  servers: [],
};

/** For a look while working. Its medians still come from five rounds. */
export const quickSettings: Settings = {
  ...fullSettings,
  rounds: 5,
  blockMs: 300,
  warmUpMs: 1_000,
  inProcessCalls: 10_000,
  allocationCalls: 2_000,
  sessions: 2_000,
  sessionIdleMs: 10_000,
  growthCalls: 20_000,
  soakCalls: 500_000,
};
