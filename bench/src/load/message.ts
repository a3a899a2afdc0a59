/** The JSON-RPC message of a JSON body, or the last one of an event stream. `undefined` where there is none. */
export function messageOf(body: string): unknown {
  if (body.startsWith('{')) return parse(body);
  const events = body.split('\n').filter((line) => line.startsWith('data:') && line.trim() !== 'data:');
  const last = events.at(-1);
  return last === undefined ? undefined : parse(last.slice('data:'.length));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
