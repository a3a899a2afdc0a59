import * as fc from 'fast-check';

import { changeStep, defineFamily } from './family.ts';

const base64 = (value: string) => Buffer.from(value, 'latin1').toString('base64');

/** What can be done to the value of a header that is there. */
const distortions: Readonly<Record<string, (value: string) => string | undefined>> = {
  removed: () => undefined,
  empty: () => '',
  repeated: (value) => `${value}, ${value}`,
  'repeated with another': (value) => `${value}, x`,
  'followed by a comma': (value) => `${value},`,
  padded: (value) => `\t ${value}  `,
  'in capitals': (value) => value.toUpperCase(),
  quoted: (value) => `"${value}"`,
  'with a parameter': (value) => `${value};q=0.5`,
  encoded: (value) => `=?base64?${base64(value)}?=`,
  'encoded twice': (value) => `=?base64?${base64(`=?base64?${base64(value)}?=`)}?=`,
  'encoded without padding': (value) => `=?base64?${base64(value).replaceAll('=', '')}?=`,
  'encoded in capitals': (value) => `=?BASE64?${base64(value)}?=`,
  'encoded by half': (value) => `=?base64?${base64(value)}`,
  'encoded for a URL': (value) => `=?base64?${Buffer.from(`${value}>?>`).toString('base64url')}?=`,
  'encoded wrongly': () => '=?base64?!?=',
  'cut short': (value) => value.slice(0, -1),
  'with a letter beyond ASCII': (value) => `${value}\u00e9`,
};

const VALUES: Readonly<Record<string, readonly string[]>> = {
  host: [
    'localhost:80',
    '127.0.0.1',
    '[::1]:9001',
    'evil.example',
    'localhost.evil.example',
    'localhost, x',
    '',
  ],
  origin: [
    'http://localhost:3000',
    'https://127.0.0.1',
    'http://evil.example',
    'null',
    '',
    'http://localhost/',
  ],
  accept: [
    '*/*',
    'application/*',
    'text/event-stream',
    'application/json',
    'application/json;q=0, text/event-stream',
    'application/json; charset=utf-8, text/event-stream;q=0.1',
    'TEXT/EVENT-STREAM,APPLICATION/JSON',
    'text/html',
    ',',
  ],
  'content-type': [
    'application/json; charset=utf-8',
    'application/json;charset=utf-16',
    'application/json; charset="utf-8"',
    'APPLICATION/JSON',
    'application/json-rpc',
    'application/vnd.api+json',
    'application/jsonx',
    'text/plain',
    'multipart/form-data',
    'application/json, text/plain',
  ],
  'mcp-protocol-version': [
    '2026-07-28',
    '2025-11-25',
    '2025-03-26',
    '2024-11-05',
    '2024-10-07',
    '2027-01-01',
    '1',
  ],
  'mcp-method': ['tools/call', 'tools/list', 'initialize', 'no/such'],
  'mcp-name': ['add', 'crash', 'test://static-text', '__proto__'],
  'mcp-param-region': ['eu', 'us'],
  'mcp-session-id': ['nobody', '', '__proto__', '{session}', '{session}, {session}'],
  'last-event-id': ['1', '{event}', 'x'],
  'content-length': ['0', '1', '-1', '99999999999', 'x'],
  'content-encoding': ['gzip', 'identity', 'br'],
  'x-http-method-override': ['DELETE'],
};

/** A header is missing, repeated, says something else than the body, or is there and should not be. */
export const headers = defineFamily<Change>({
  name: 'headers',
  changes: fc.oneof(
    fc.record({
      step: fc.nat(3),
      place: fc.nat(8),
      how: fc.constantFrom(...Object.keys(distortions)),
    }),
    fc.oneof(
      ...Object.entries(VALUES).map(([header, values]) =>
        fc.record({ step: fc.nat(3), header: fc.constant(header), value: fc.constantFrom(...values) }),
      ),
    ),
    fc.record({
      step: fc.nat(3),
      method: fc.constantFrom('GET', 'DELETE', 'PUT', 'PATCH', 'OPTIONS', 'HEAD'),
    }),
  ),
  apply: (conversation, change) =>
    changeStep(conversation, change.step, (step) => {
      if ('method' in change) {
        return change.method === 'GET' || change.method === 'HEAD'
          ? { ...step, method: change.method, body: undefined, open: true }
          : { ...step, method: change.method };
      }
      if ('value' in change) return { ...step, headers: { ...step.headers, [change.header]: change.value } };
      const names = Object.keys(step.headers);
      const name = names[change.place % names.length]!;
      const { [name]: value, ...rest } = step.headers;
      const distorted = distortions[change.how]!(value!);
      return { ...step, headers: distorted === undefined ? rest : { ...rest, [name]: distorted } };
    }),
});

type Change =
  | { step: number; place: number; how: string }
  | { step: number; header: string; value: string }
  | { step: number; method: string };
