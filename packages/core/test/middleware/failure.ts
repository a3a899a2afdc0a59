/** What a promise rejects with. It is looked at from the start, so that the rejection is not unhandled meanwhile. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  const [outcome] = await Promise.allSettled([promise]);
  if (outcome.status === 'rejected') return outcome.reason;
  throw new Error('It did not fail.');
}
