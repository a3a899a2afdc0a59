/** What `action` gives; `undefined` where it throws. For hooks, which look on and must not change the answer. */
export function quietly<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}
