import type { SessionRecord } from '@toolyard/core';

/** Makes a change to a record again on what others made of it meanwhile. */
export function mergeRecords(
  before: SessionRecord,
  wanted: SessionRecord,
  found: SessionRecord,
): SessionRecord {
  const had = new Set(before.subscriptions);
  const wants = new Set(wanted.subscriptions);
  const added = wanted.subscriptions.filter((uri) => !had.has(uri));
  const isRemoved = (uri: string) => had.has(uri) && !wants.has(uri);
  const subscriptions = new Set([...found.subscriptions.filter((uri) => !isRemoved(uri)), ...added]);
  const { logLevel } = wanted.logLevel === before.logLevel ? found : wanted;
  return { ...found, subscriptions: [...subscriptions], ...(logLevel !== undefined && { logLevel }) };
}
