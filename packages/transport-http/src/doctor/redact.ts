/** A copy of plain data in which no string contains any of the secrets. */
export function withoutSecrets<T>(value: T, secrets: readonly string[]): T {
  if (secrets.length === 0) return value;
  const longestFirst = secrets.toSorted((a, b) => b.length - a.length);
  const clean = (part: unknown): unknown => {
    if (typeof part === 'string') {
      return longestFirst.reduce((text, secret) => text.replaceAll(secret, '[secret]'), part);
    }
    if (Array.isArray(part)) return part.map(clean);
    if (typeof part !== 'object' || part === null) return part;
    return Object.fromEntries(Object.entries(part).map(([key, inner]) => [clean(key), clean(inner)]));
  };
  return clean(value) as T;
}

/** The beginning of a text that came from outside, on one line. */
export function excerpt(text: string, length = 160): string {
  const line = text.replaceAll(/[\p{Cc}\s]+/gu, ' ').trim();
  return line.length > length ? `${line.slice(0, length)}…` : line;
}
