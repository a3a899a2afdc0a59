const MAX_URIS = 1000;
/** Of all URIs together: how long the ones of a template are, is up to the client. */
const MAX_LENGTH = 128 * 1024;

/** Why a client cannot subscribe to all of these at once, as a sentence; `undefined` where it can. */
export function findExcess(uris: readonly string[]): string | undefined {
  if (uris.length > MAX_URIS) return `One client can subscribe to ${MAX_URIS} resources.`;
  const length = uris.reduce((sum, uri) => sum + uri.length, 0);
  return length > MAX_LENGTH
    ? `The URIs one client subscribes to can have ${MAX_LENGTH} characters together.`
    : undefined;
}
