import { expect, test } from 'vitest';
import { loadPeer } from '../../src/process/load-peer.ts';

function missing(name: string): Promise<never> {
  const message = `Cannot find package '${name}' imported from /app/index.js`;
  return Promise.reject(Object.assign(new Error(message), { code: 'ERR_MODULE_NOT_FOUND' }));
}

test('a peer that is missing is named, with what helps', async () => {
  await expect(loadPeer('piscina', () => missing('piscina'))).rejects.toMatchObject({
    code: 'PEER_MISSING',
    message: 'This needs the package piscina: npm install piscina',
  });
});

test('a peer that is there but broken keeps its own error', async () => {
  await expect(loadPeer('piscina', () => missing('part-of-piscina'))).rejects.toMatchObject({
    code: 'ERR_MODULE_NOT_FOUND',
  });
  await expect(loadPeer('piscina', () => Promise.reject(new TypeError('broken')))).rejects.toThrow('broken');
});
