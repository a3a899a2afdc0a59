// Fails the test during which Node printed a warning: a leaked listener, a deprecated call, an unhandled rejection.
import { afterAll, afterEach } from 'vitest';

const warnings: Error[] = [];
process.on('warning', (warning) => {
  // `node:sqlite` and type stripping announce themselves; nothing a test can do about it.
  if (warning.name !== 'ExperimentalWarning') warnings.push(warning);
});

async function failOnWarnings(): Promise<void> {
  // Node emits warnings on the next tick, so the last one may still be on its way.
  await new Promise((resolve) => setImmediate(resolve));
  const [first, ...rest] = warnings.splice(0);
  if (first)
    throw rest.length === 0
      ? first
      : new AggregateError([first, ...rest], `${first.message} (+${rest.length})`);
}

afterEach(failOnWarnings);
afterAll(failOnWarnings);
