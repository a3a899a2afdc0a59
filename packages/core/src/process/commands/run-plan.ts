import { captureOutput } from '../output/capture-output.ts';
import type { CaptureOptions } from '../output/output-capture.ts';
import type { SafeRoots } from '../roots/safe-roots.ts';
import type { ExitReason } from '../supervisor/managed-process.ts';
import type { ProcessSupervisor } from '../supervisor/supervisor.ts';
import type { CommandExit, PlanExit, RunPlanOptions } from './command-runner.ts';
import { runPipeline } from './pipeline.ts';
import type { PreparedPlan } from './prepare.ts';

interface PlanRun extends RunPlanOptions {
  readonly supervisor: ProcessSupervisor;
  readonly roots: SafeRoots;
  readonly capture: CaptureOptions;
}

/** How a pipeline ended: by its last command, unless somebody ended it. */
interface Outcome {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly reason: ExitReason;
}

/** {@link CommandRunner.runPlan} */
export async function runPlan({ steps, stdin }: PreparedPlan, options: PlanRun): Promise<PlanExit> {
  const started = performance.now();
  const capture = captureOutput(options.capture);
  const commands: CommandExit[] = [];
  let outcome: Outcome = { exitCode: 0, signal: null, reason: 'exited' };
  let input = stdin;
  try {
    for (const { when, commands: parts } of steps) {
      const isSuccess = outcome.exitCode === 0;
      if (when !== 'always' && (when === 'onSuccess') !== isSuccess) continue;
      const timeoutMs = options.timeoutMs && Math.max(options.timeoutMs - (performance.now() - started), 1);
      const isLater = commands.length > 0;
      const ended = await runPipeline(parts, { ...options, timeoutMs, capture, stdin: input, isLater });
      input = undefined;
      commands.push(...ended.commands);
      outcome = ended;
      if (outcome.reason !== 'exited') break;
    }
    const output = await capture.end();
    return { ...outcome, durationMs: Math.round(performance.now() - started), output, commands };
  } catch (error) {
    await capture.discard();
    throw error;
  }
}
