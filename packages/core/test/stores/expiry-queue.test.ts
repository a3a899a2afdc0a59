import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createExpiryQueue } from '../../src/stores/expiry-queue.ts';

test('the first is always the one that expires first, whatever was added and removed', () => {
  const step = fc.record({ expiresAt: fc.nat(100), remove: fc.option(fc.nat(), { nil: undefined }) });
  fc.assert(
    fc.property(fc.array(step, { minLength: 50, maxLength: 150 }), (steps) => {
      const queue = createExpiryQueue<{ expiresAt: number; position: number }>();
      const held: { expiresAt: number; position: number }[] = [];
      for (const { expiresAt, remove } of steps) {
        const entry = { expiresAt, position: -1 };
        queue.add(entry);
        held.push(entry);
        const [removed] = remove === undefined ? [] : held.splice(remove % held.length, 1);
        if (removed) queue.remove(removed);
        if (removed) queue.remove(removed); // not there any more: nothing happens
        expect(queue.first()?.expiresAt).toBe(
          held.length === 0 ? undefined : Math.min(...held.map((other) => other.expiresAt)),
        );
      }
    }),
  );
});
