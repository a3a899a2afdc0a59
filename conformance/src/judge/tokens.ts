/** Bearer tokens both servers know where they authenticate, and what they allow. */
export const tokens: ReadonlyMap<string, readonly string[]> = new Map([
  ['reader', ['read']],
  ['administrator', ['read', 'admin']],
]);
