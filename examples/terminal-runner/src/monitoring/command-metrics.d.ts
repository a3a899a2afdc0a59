import type { ArtifactStore, DecidedCommand, ProcessSupervisor } from '@toolyard/core/process';
/** Metrics of commands, through the meter provider that is registered when they are made. */
export interface CommandMetrics extends Disposable {
  /** For `onDecision`. */
  decided(this: void, decided: Pick<DecidedCommand, 'effect' | 'ruleId' | 'isApproved'>): void;
  /** From the start on: what runs already is not counted. */
  watch(supervisor: Pick<ProcessSupervisor, 'on'>): void;
  watchArtifacts(artifacts: Pick<ArtifactStore, 'onChange' | 'info'>): void;
}
/**
 * Counts what is decided and what runs:
 *
 * - `terminal.commands.decisions` by `effect` (allow, ask, deny), `rule` and, where somebody was asked, `approved`;
 *   after 300 rules, all others are `other`
 * - `terminal.processes.started`, `terminal.processes.exited` by `reason`, `terminal.processes.running`
 * - `terminal.process.duration` in seconds, by `reason`
 * - `terminal.output.bytes`, counted when a process ends
 * - `terminal.artifacts.count`, and of those that are complete `terminal.artifacts.bytes`
 *
 * Dispose it: the gauges stop being observed.
 */
export declare function createCommandMetrics(): CommandMetrics;
//# sourceMappingURL=command-metrics.d.ts.map
