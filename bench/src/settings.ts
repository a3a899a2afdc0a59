/** How long and how often the groups measure. */
export interface Settings {
  rounds: number;
  /** How long one server is under load in one round. */
  blockMs: number;
  warmUpMs: number;
  connections: number;
  /** Calls in one block of the in-process group. */
  inProcessCalls: number;
  /** Sessions opened and left alone. */
  sessions: number;
  sessionIdleMs: number;
  /** Calls after which memory must be what it was. */
  growthCalls: number;
  /** Which servers take part: the beginnings of their ids. Empty means all. */
  servers: string[];
}

export const fullSettings: Settings = {
  rounds: 9,
  blockMs: 1_000,
  warmUpMs: 3_000,
  connections: 16,
  inProcessCalls: 50_000,
  sessions: 10_000,
  sessionIdleMs: 60_000,
  growthCalls: 100_000,
  servers: [],
};

/** For a look while working. Its medians still come from five rounds. */
export const quickSettings: Settings = {
  ...fullSettings,
  rounds: 5,
  blockMs: 500,
  warmUpMs: 1_500,
  inProcessCalls: 10_000,
  sessions: 2_000,
  sessionIdleMs: 15_000,
  growthCalls: 20_000,
};
