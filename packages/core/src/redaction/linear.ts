/**
 * Why a pattern may take longer than linear time on a hostile text, or `undefined` when nothing obvious is wrong: a
 * repetition without bound inside another one, or a back reference. What passes is not proven linear.
 */
export function findSlowness({ source }: RegExp): string | undefined {
  /** Whether each open group contains a repetition without bound. */
  const open: boolean[] = [false];
  let closed = false;
  for (let index = 0; index < source.length; index++) {
    const char = source[index];
    let afterGroup = false;
    if (char === '\\') {
      index++;
      if (/[1-9k]/.test(source[index] ?? '')) return 'refers back to a group';
    } else if (char === '[') {
      index = endOfClass(source, index);
    } else if (char === '(') {
      open.push(false);
    } else if (char === ')') {
      const inner = open.pop() ?? false;
      if (inner) open[open.length - 1] = true;
      closed = inner;
      afterGroup = true;
    } else {
      const length = lengthOfUnbounded(source, index);
      if (length > 0) {
        if (closed) return 'has a repetition inside of a repetition';
        open[open.length - 1] = true;
        index += length - 1;
      }
    }
    if (!afterGroup) closed = false;
  }
  return undefined;
}

function endOfClass(source: string, start: number): number {
  for (let index = start + 1; index < source.length; index++) {
    if (source[index] === '\\') index++;
    else if (source[index] === ']') return index;
  }
  return source.length;
}

function lengthOfUnbounded(source: string, index: number): number {
  const char = source[index];
  if (char === '*' || char === '+') return 1;
  if (char !== '{') return 0;
  return /^\{\d+,\}/.exec(source.slice(index, index + 16))?.[0].length ?? 0;
}
