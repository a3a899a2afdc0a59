import { z } from 'zod';
import { defineTool, type Call, type Tool } from '../../src/index.ts';

/** One run of a {@link heldTool} that has begun. */
interface HeldRun {
  readonly label: string;
  readonly call: Call;
  end(result?: unknown): void;
  fail(error: unknown): void;
}

/** A tool whose runs end when the test says so. */
export function heldTool(
  options: Partial<Pick<Tool, 'name' | 'annotations' | 'access' | 'errors' | 'timeoutMs'>> = {},
) {
  const runs: HeldRun[] = [];
  const tool = defineTool({
    name: 'held',
    ...options,
    input: z.object({ label: z.string().default('') }),
    run: ({ label }, call) =>
      new Promise<unknown>((resolve, reject) => runs.push({ label, call, end: resolve, fail: reject })),
  });
  return { tool, runs, labels: () => runs.map(({ label }) => label) };
}
