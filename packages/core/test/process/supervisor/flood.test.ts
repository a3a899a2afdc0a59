import { monitorEventLoopDelay } from 'node:perf_hooks';
import { describe, expect, test } from 'vitest';
import { supervise } from './helpers.ts';

const proof = process.env['TOOLYARD_PROOF'] === '1';
const MIB = 1024 * 1024;
const bytes = proof ? 1024 * MIB : 64 * MIB;

const FLOODS = {
  'one endless line': `head -c ${bytes} /dev/zero | tr '\\0' x`,
  'short lines': `yes | head -c ${bytes}`,
  'bytes that are no text': `head -c ${bytes} /dev/zero`,
};

// Again where it fails: on a busy machine the event loop waits for others too.
describe.each(Object.entries(FLOODS))('%s', (_, script) => {
  test(
    'costs little memory and leaves the event loop to others',
    { timeout: 300_000, retry: 2 },
    async () => {
      const { run } = supervise();
      await run(script.replaceAll(String(bytes), String(8 * MIB)));
      const before = process.memoryUsage.rss();
      let most = before;
      const watch = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 5);
      const delay = monitorEventLoopDelay({ resolution: 5 });
      delay.enable();
      const { output } = await run(script);
      delay.disable();
      clearInterval(watch);
      expect(output.stdout.totalBytes).toBeGreaterThanOrEqual(bytes);
      const figures = { megabytes: (most - before) / MIB, p99Ms: delay.percentile(99) / 1e6 };
      if (proof) console.log(figures);
      expect(figures.p99Ms).toBeLessThan(50);
      expect(figures.megabytes).toBeLessThan(30);
    },
  );
});
