import { isRecord, MetaKey } from '@toolyard/core/protocol';
import * as fc from 'fast-check';

import type { Conversation } from '../traffic.ts';
import { changeMessage, changeStep, defineFamily, setOwn } from './family.ts';

const MISSING = '(missing)';
const VERSIONS = ['2026-07-28', '2026-07-29', '2027-01-01', '2025-11-25', '2025-03-26', 'draft', '', ' '];

const keys = fc.constantFrom(
  ...Object.values(MetaKey),
  'progressToken',
  'traceparent',
  'com.example/x',
  'io.modelcontextprotocol/unknown',
  '__proto__',
  'constructor',
  'hasOwnProperty',
);

const values = fc.oneof(
  fc.constantFrom<unknown>(MISSING, null, 0, 1.5, -1, '', 'x', true, [], ['2026-07-28'], {}, { name: 'x' }),
  fc.constantFrom<unknown>('debug', 'emergency', 'loud', { name: 'x', version: '1' }, { sampling: true }),
  fc.constantFrom<unknown>({ elicitation: {} }, { elicitation: { form: null } }, { extensions: { a: 1 } }),
  fc.constantFrom<unknown>(...VERSIONS),
);

/** A key of `_meta`, or all of it, is missing or something else; or the whole request names another version. */
export const envelope = defineFamily<Change>({
  name: 'envelope',
  changes: fc.oneof(
    { weight: 6, arbitrary: fc.record({ step: fc.nat(3), key: keys, value: values }) },
    fc.record({ step: fc.nat(3), meta: values }),
    fc.record({ step: fc.nat(3), version: fc.constantFrom(...VERSIONS) }),
  ),
  apply(conversation, change) {
    if ('version' in change) return renameVersion(conversation, change.step, change.version);
    return changeMessage(conversation, change.step, (message) => {
      const params = (message['params'] ??= {});
      if (!isRecord(params)) return;
      if ('meta' in change) {
        if (change.meta === MISSING) delete params['_meta'];
        else params['_meta'] = change.meta;
        return;
      }
      const meta = (params['_meta'] ??= {});
      if (!isRecord(meta)) return;
      if (change.value === MISSING) delete meta[change.key];
      else setOwn(meta, change.key, change.value);
    });
  },
});

type Change =
  | { step: number; key: string; value: unknown }
  | { step: number; meta: unknown }
  | { step: number; version: string };

/** The same wrong version in the header and in the body. */
function renameVersion(conversation: Conversation, fromEnd: number, version: string): Conversation {
  return changeStep(conversation, fromEnd, (step) => {
    const { steps } = changeMessage({ name: '', steps: [step] }, 0, ({ params }) => {
      if (!isRecord(params)) return;
      const { _meta: meta } = params;
      if (isRecord(meta)) meta[MetaKey.protocolVersion] = version;
      else if ('protocolVersion' in params) params['protocolVersion'] = version;
    });
    return { ...steps[0]!, headers: { ...step.headers, 'mcp-protocol-version': version } };
  });
}
