/** SHA-256 of a text, in hexadecimal: at once where there is `node:crypto`, later where there is Web Crypto alone. */
export function sha256(text: string): string | Promise<string> {
  return nodeHash ? nodeHash('sha256', text, 'hex') : webHash(text);
}

type Hash = (algorithm: 'sha256', text: string, encoding: 'hex') => string;

// Not imported: keys are checked on workers too. With Web Crypto each hash takes a detour through the thread pool,
// which costs more than ten times as much.
const nodeHash = (
  globalThis as { process?: { getBuiltinModule?(id: string): { readonly hash?: Hash } | undefined } }
).process?.getBuiltinModule?.('node:crypto')?.hash;

async function webHash(text: string): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
