import { StringDecoder } from 'node:string_decoder';

import { redactionStream } from '../../redaction/redaction-stream.ts';
import type { Redactor } from '../../redaction/redactor.ts';
import { binarySniffer } from './binary-sniffer.ts';
import { escapeStripper } from './escape-stripper.ts';
import { progressThinner } from './progress-thinner.ts';

/** Turns bytes of one stream into text that may be shown, the same however they were cut. */
export interface TextStream {
  write(bytes: Buffer): string;
  end(): string;
  readonly isBinary: boolean;
}

export interface TextStreamOptions {
  readonly ansi: 'strip' | 'keep';
  readonly redactor: Redactor | undefined;
}

/** Bytes to characters; then escapes and old progress go, and of what is left secrets are masked. */
export function textStream({ ansi, redactor }: TextStreamOptions): TextStream {
  const decoder = new StringDecoder('utf8');
  const sniffer = binarySniffer();
  const escapes = ansi === 'strip' ? escapeStripper() : undefined;
  const progress = ansi === 'strip' ? progressThinner() : undefined;
  const secrets = redactor && redactionStream(redactor);

  function pass(decoded: string): string {
    sniffer.write(decoded);
    let text = decoded;
    if (escapes) text = escapes.write(text);
    if (progress) text = progress.write(text);
    return secrets && text !== '' ? secrets.write(text) : text;
  }

  return {
    write: (bytes) => pass(decoder.write(bytes)),
    end() {
      const decoded = pass(decoder.end());
      const last = progress?.end() ?? '';
      return decoded + (secrets ? secrets.write(last) + secrets.end() : last);
    },
    get isBinary() {
      return sniffer.isBinary;
    },
  };
}
