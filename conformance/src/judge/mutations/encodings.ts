import * as fc from 'fast-check';

import { encodingNames } from '../wire.ts';
import { changeMessage, changeStep, defineFamily, raw } from './family.ts';
import { textsIn } from './places.ts';

/** What is done to the text of a body. */
const texts: Readonly<Record<string, (body: string) => string>> = {
  'spaces around': (body) => `\r\n\t ${body} \n`,
  'spaces within': (body) => body.replaceAll('","', '" ,\t\n "').replaceAll('":', '" :\r\n'),
  'a byte order mark': (body) => `\uFEFF${body}`,
  'a comma too many': (body) => `${body.slice(0, -1)},}`,
  'something after it': (body) => `${body}x`,
  'another message after it': (body) => `${body}\n${body}`,
  'single quotes': (body) => body.replaceAll('"', "'"),
  'a comment': (body) => `/* */${body}`,
  'the end missing': (body) => body.slice(0, -1),
  'a key twice, the last as it was': (body) => body.replace('{', '{"jsonrpc":"1.0","method":"no/such",'),
  'a key twice, the last another': (body) => `${body.slice(0, -1)},"method":"tools/list"}`,
  'a key twice, by escapes': (body) => `${body.slice(0, -1)},"\\u006dethod":"tools/list"}`,
  'keys in escapes': (body) => body.replaceAll('"method"', String.raw`"\u006d\u0065thod"`),
  'slashes in escapes': (body) => body.replaceAll('/', String.raw`\/`),
  'a NaN': (body) => body.replace(/:\d+/, ':NaN'),
  'a plus': (body) => body.replace(/:(\d+)/, ':+$1'),
  'a leading zero': (body) => body.replace(/:(\d+)/, ':0$1'),
  'a line break in a text': (body) => body.replace(/:"/, ':"\n'),
  'a NUL after it': (body) => `${body}\0`,
  'in an array': (body) => `[${body}]`,
  'as a text': (body) => JSON.stringify(body),
};

/** Characters that are hard to carry, as JSON. */
const CHARACTERS = [
  String.raw`"\ud800"`,
  String.raw`"\udc00\ud800"`,
  String.raw`"\ud83d\ude00"`,
  '"😀"',
  String.raw`"\u0000"`,
  '"\u2028"',
  '"\u007f\u0080"',
  '"é"',
  '"e\u0301"',
  String.raw`"\uFEFF"`,
];

/** A body is written otherwise: other bytes, other JSON for the same, or no JSON at all. */
export const encodings = defineFamily<Change>({
  name: 'encodings',
  changes: fc.oneof(
    fc.record({ step: fc.nat(3), text: fc.constantFrom(...Object.keys(texts)) }),
    fc.record({ step: fc.nat(3), encoding: fc.constantFrom(...encodingNames) }),
    fc.record({ step: fc.nat(3), place: fc.nat(12), character: fc.constantFrom(...CHARACTERS) }),
    fc.record({
      step: fc.nat(3),
      place: fc.nat(12),
      character: fc.constantFrom(...CHARACTERS),
      encoding: fc.constantFrom(...encodingNames),
    }),
  ),
  apply(conversation, change) {
    let changed = conversation;
    if ('character' in change) {
      changed = changeMessage(changed, change.step, (message) => {
        const places = textsIn(message);
        const place = places[change.place % places.length];
        if (place) place.parent[place.key] = raw(change.character);
      });
    }
    return changeStep(changed, change.step, (step) => {
      const { body = '' } = step;
      if ('encoding' in change) return { ...step, encoding: change.encoding };
      return 'text' in change && body.startsWith('{') && body.endsWith('}')
        ? { ...step, body: texts[change.text]!(body) }
        : step;
    });
  },
});

type Change =
  | { step: number; text: string }
  | { step: number; encoding: (typeof encodingNames)[number] }
  | { step: number; place: number; character: string }
  | { step: number; place: number; character: string; encoding: (typeof encodingNames)[number] };
