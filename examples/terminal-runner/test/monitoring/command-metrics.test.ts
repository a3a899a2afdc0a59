import { expect, onTestFinished, test } from 'vitest';
import type { Commands } from '../../src/commands/commands.ts';
import { createCommandMetrics } from '../../src/monitoring/command-metrics.ts';
import { createTelemetry } from '../../src/telemetry/telemetry.ts';
import { parsePrometheus } from '../e2e/prometheus.ts';
import { openCommands, runCommand } from './open-commands.ts';

function start() {
  const telemetry = createTelemetry({ serviceName: 'test', serviceVersion: '1', instanceId: 'i' });
  telemetry.register();
  onTestFinished(async () => void (await telemetry.shutdown({ deadlineMs: 100 })));
  const metrics = createCommandMetrics();
  onTestFinished(() => metrics[Symbol.dispose]());
  const samples = async (name: string) => {
    const all = parsePrometheus(await telemetry.prometheusText());
    return all
      .filter((sample) => sample.name === name)
      .map(({ labels: { otel_scope_name: _, ...labels }, value }) => ({ labels, value }));
  };
  return { metrics, samples };
}

test('decisions, processes and their output are counted', async () => {
  const { metrics, samples } = start();
  const { commands } = await openCommands({ onDecision: metrics.decided });
  metrics.watch(commands.supervisor);
  await runCommand(commands, 'echo', ['hello']);
  await runCommand(commands, 'echo', ['hello']);
  await runCommand(commands, 'sudo').catch(() => {});

  expect(await samples('terminal_commands_decisions_total')).toEqual([
    { labels: { effect: 'allow', rule: 'echo' }, value: 2 },
    { labels: { effect: 'deny', rule: 'never.sudo' }, value: 1 },
  ]);
  expect(await samples('terminal_processes_started_total')).toEqual([{ labels: {}, value: 2 }]);
  expect(await samples('terminal_processes_exited_total')).toEqual([
    { labels: { reason: 'exited' }, value: 2 },
  ]);
  expect(await samples('terminal_output_bytes_total')).toEqual([{ labels: {}, value: 12 }]);
  expect(await samples('terminal_process_duration_count')).toEqual([
    { labels: { reason: 'exited' }, value: 2 },
  ]);
});

test('what runs is counted while it runs', async () => {
  const { metrics, samples } = start();
  const { commands } = await openCommands();
  metrics.watch(commands.supervisor);
  const running = await startWaiting(commands);
  expect(await samples('terminal_processes_running')).toEqual([{ labels: {}, value: 1 }]);
  await running.kill();
  expect(await samples('terminal_processes_running')).toEqual([{ labels: {}, value: 0 }]);
  expect(await samples('terminal_processes_exited_total')).toEqual([
    { labels: { reason: 'killed' }, value: 1 },
  ]);
});

test('what is kept is counted, in artifacts and in bytes', async () => {
  const { metrics, samples } = start();
  const { artifacts } = (await openCommands()).commands;
  metrics.watchArtifacts(artifacts);
  const writer = await artifacts.create('ann');
  await writer.write('twelve bytes');
  expect(await samples('terminal_artifacts_count')).toEqual([{ labels: {}, value: 1 }]);
  await writer.end();
  await expect.poll(() => samples('terminal_artifacts_bytes')).toEqual([{ labels: {}, value: 12 }]);
  await artifacts.delete('ann', writer.id);
  expect(await samples('terminal_artifacts_count')).toEqual([{ labels: {}, value: 0 }]);
  expect(await samples('terminal_artifacts_bytes')).toEqual([{ labels: {}, value: 0 }]);
});

test('rules without end do not become time series without end', async () => {
  const { metrics, samples } = start();
  for (let rule = 0; rule < 1_000; rule += 1) metrics.decided({ effect: 'deny', ruleId: `rule-${rule}` });
  const decisions = await samples('terminal_commands_decisions_total');
  expect(decisions).toHaveLength(301);
  expect(decisions.find(({ labels }) => labels['rule'] === 'other')?.value).toBe(700);
});

test('disposed, it listens no more', async () => {
  const { metrics, samples } = start();
  const { commands } = await openCommands();
  metrics.watch(commands.supervisor);
  expect(await samples('terminal_processes_running')).toHaveLength(1);
  metrics[Symbol.dispose]();
  const running = await startWaiting(commands);
  // The last value that was read.
  expect(await samples('terminal_processes_running')).toEqual([{ labels: {}, value: 0 }]);
  expect(await samples('terminal_processes_started_total')).toEqual([]);
  await running.kill();
  expect(await samples('terminal_processes_exited_total')).toEqual([]);
});

/** A program that waits for its input. */
function startWaiting({ supervisor }: Commands) {
  const command = { file: process.execPath, args: ['-'], cwd: '/', env: {} };
  return supervisor.start(command, {
    owner: 'ann',
    stdin: 'open',
    sandbox: { roots: [], network: false },
  });
}
