import { REDACTED } from './config/print-config.ts';

/** Values that must not appear in what the process writes: API keys, header values. */
export interface Secrets {
  /** Hides more. What was hidden stays hidden. */
  add(values: readonly string[]): void;
  /** The text without them, wherever they stood. */
  redact(this: void, text: string): string;
}

/** Starts with some values. Those of less than four characters are left alone: they are part of everything. */
export function createSecrets(values: readonly string[]): Secrets {
  let forms: readonly string[] = [];
  const secrets: Secrets = {
    add(more) {
      // As it is and as JSON writes it, longest first: one secret may be the start of another.
      const added = more.flatMap((value) => [value, JSON.stringify(value).slice(1, -1)]);
      forms = [...new Set([...forms, ...added])]
        .filter((form) => form.length >= 4)
        .toSorted((a, b) => b.length - a.length);
    },
    redact: (text) => forms.reduce((safe, form) => safe.replaceAll(form, REDACTED), text),
  };
  secrets.add(values);
  return secrets;
}
