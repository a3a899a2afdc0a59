import { createHash } from 'node:crypto';
import { afterEach, beforeEach, vi } from 'vitest';

/** Digests come without a detour through the thread pool, so that `settled()` waits for them too. */
export function useInstantDigests(): void {
  beforeEach(() => {
    vi.spyOn(crypto.subtle, 'digest').mockImplementation(async (_algorithm, data) => {
      const bytes = createHash('sha256')
        .update(data as Uint8Array)
        .digest();
      return new Uint8Array(bytes).buffer;
    });
  });
  afterEach(() => void vi.restoreAllMocks());
}
