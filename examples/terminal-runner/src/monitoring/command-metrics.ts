import { metrics } from '@opentelemetry/api';
import type { ArtifactStore, DecidedCommand, ProcessSupervisor } from '@toolyard/core/process';

/** Metrics of commands, through the meter provider that is registered when they are made. */
export interface CommandMetrics extends Disposable {
  /** For `onDecision`. */
  decided(this: void, decided: Pick<DecidedCommand, 'effect' | 'ruleId' | 'isApproved'>): void;
  /** From the start on: what runs already is not counted. */
  watch(supervisor: Pick<ProcessSupervisor, 'on'>): void;
  watchArtifacts(artifacts: Pick<ArtifactStore, 'onChange' | 'info'>): void;
}

const METER = 'terminal-runner';
/** More rules than a policy names; each costs a time series. */
const MAX_RULES = 300;
const DURATION_BUCKETS = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 1_800, 7_200];

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
export function createCommandMetrics(): CommandMetrics {
  const meter = metrics.getMeter(METER);
  const decisions = meter.createCounter('terminal.commands.decisions', {
    unit: '{decision}',
    description: 'Decisions of the policy about commands.',
  });
  const started = meter.createCounter('terminal.processes.started', {
    unit: '{process}',
    description: 'Processes that were started.',
  });
  const exited = meter.createCounter('terminal.processes.exited', {
    unit: '{process}',
    description: 'Processes that have ended.',
  });
  const duration = meter.createHistogram('terminal.process.duration', {
    unit: 's',
    description: 'How long processes ran.',
    advice: { explicitBucketBoundaries: DURATION_BUCKETS },
  });
  const output = meter.createCounter('terminal.output.bytes', {
    unit: 'By',
    description: 'Output of processes that have ended.',
  });
  const rules = new Set<string>();
  const running = new Set<string>();
  /** Bytes by artifact; 0 while it is written. */
  const sizes = new Map<string, number>();
  const stops: (() => void)[] = [];

  function observe(name: string, unit: string, description: string, read: () => number): void {
    const gauge = meter.createObservableGauge(name, { unit, description });
    const callback = (result: { observe(value: number): void }) => result.observe(read());
    gauge.addCallback(callback);
    stops.push(() => gauge.removeCallback(callback));
  }

  return {
    decided({ effect, ruleId, isApproved }) {
      if (rules.size < MAX_RULES) rules.add(ruleId);
      const rule = rules.has(ruleId) ? ruleId : 'other';
      decisions.add(1, { effect, rule, ...(isApproved !== undefined && { approved: isApproved }) });
    },
    watch(supervisor) {
      observe('terminal.processes.running', '{process}', 'Processes that run.', () => running.size);
      stops.push(
        supervisor.on('processStarted', ({ process }) => {
          running.add(process.id);
          started.add(1);
        }),
        supervisor.on('processExited', ({ process, exit: { reason, durationMs } }) => {
          running.delete(process.id);
          exited.add(1, { reason });
          duration.record(durationMs / 1_000, { reason });
          output.add(process.outputBytes);
        }),
      );
    },
    watchArtifacts(artifacts) {
      observe('terminal.artifacts.count', '{artifact}', 'Artifacts that are kept.', () => sizes.size);
      observe('terminal.artifacts.bytes', 'By', 'Bytes of complete artifacts.', () =>
        [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0),
      );
      stops.push(
        artifacts.onChange(({ kind, owner, id }) => {
          if (kind === 'removed') return void sizes.delete(id);
          if (!sizes.has(id)) sizes.set(id, 0);
          if (kind !== 'completed') return;
          artifacts.info(owner, id).then(
            ({ bytes }) => void (sizes.has(id) && sizes.set(id, bytes)),
            () => {}, // Gone meanwhile.
          );
        }),
      );
    },
    [Symbol.dispose]() {
      for (const stop of stops.splice(0)) stop();
    },
  };
}
