/** Text of a client as records keep it: how long it is, is up to the client. */
export function shorten(text: string, maxLength = 256): string {
  return text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
}
