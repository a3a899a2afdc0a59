import * as fc from 'fast-check';

/** Runs of one property at once in the proof; most of their time goes by waiting. */
const LANES = 8;

/**
 * Tries a property: few times and always the same in `npm test`, many new times in `npm run proof`. A failure prints
 * its seed and path; with those in `TOOLYARD_SEED` and `TOOLYARD_PATH` it is tried alone.
 */
export async function tryOften<T>(
  property: fc.IAsyncProperty<T>,
  { few, many }: { few: number; many: number },
): Promise<void> {
  const { TOOLYARD_PROOF: proof, TOOLYARD_SEED: seed, TOOLYARD_PATH: path } = process.env;
  if (seed !== undefined) {
    await fc.assert(property, { seed: Number(seed), numRuns: many, ...(path !== undefined && { path }) });
    return;
  }
  if (!proof) {
    await fc.assert(property, { seed: 20_260_728, numRuns: few });
    return;
  }
  const lanes = Array.from({ length: LANES }, () => fc.assert(property, { numRuns: many / LANES }));
  // The others end before the first failure is told, so that none is left running.
  await Promise.allSettled(lanes);
  await Promise.all(lanes);
}
