import { z } from 'zod';

/** What every opponent validates its arguments with. */
export const echoInput = z.object({ text: z.string() });

/** What every opponent returns: structured content and its copy as text. */
export function echoResult({ text }: { text: string }): {
  content: { type: 'text'; text: string }[];
  structuredContent: { text: string };
} {
  return { content: [{ type: 'text', text: JSON.stringify({ text }) }], structuredContent: { text } };
}
