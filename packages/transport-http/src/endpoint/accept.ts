/** What a client can take back. */
export interface Accepts {
  readonly json: boolean;
  readonly stream: boolean;
}

const EVERYTHING: Accepts = { json: true, stream: true };
const BOTH = 'application/json, text/event-stream';

/** Reads an Accept header leniently: without one, with an empty one, or with wildcards, everything goes. */
export function readAccept(header: string | undefined): Accepts {
  if (!header || header === BOTH || header === '*/*') return EVERYTHING;
  const types = header.split(',').map((range) => range.split(';', 1)[0]!.trim().toLowerCase());
  const any = types.includes('*/*');
  return {
    json: any || types.includes('application/json') || types.includes('application/*'),
    stream: any || types.includes('text/event-stream') || types.includes('text/*'),
  };
}

/** Whether a Content-Type header says JSON. A list of types, from several headers, says nothing. */
export function isJson(header: string | undefined): boolean {
  if (header === undefined || header === 'application/json') return header !== undefined;
  return !header.includes(',') && header.split(';', 1)[0]!.trim().toLowerCase() === 'application/json';
}
