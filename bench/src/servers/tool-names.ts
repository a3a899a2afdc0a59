/** `count` names; `echo`, the one that is called, comes last, where a search from the front would show. */
export function toolNames(count: number): string[] {
  return [...Array.from({ length: count - 1 }, (_, index) => `tool_${index + 1}`), 'echo'];
}
