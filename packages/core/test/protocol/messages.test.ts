import { describe, expect, test } from 'vitest';
import {
  canonicalJson,
  eraOf,
  isModernVersion,
  missingCapabilities,
  negotiateLegacy,
  type ClientCapabilities,
  type InputRequest,
} from '../../src/protocol.ts';
import { envelope } from '../helpers.ts';

describe('the era of a message', () => {
  const version = 'io.modelcontextprotocol/protocolVersion';

  test.each<[object, 'legacy' | 'modern']>([
    [{ method: 'tools/list', params: { _meta: envelope } }, 'modern'],
    [{ method: 'tools/list', params: { _meta: { [version]: 'nonsense' } } }, 'modern'],
    [{ method: 'tools/list', params: { _meta: { [version]: undefined } } }, 'modern'],
    [{ method: 'tools/list', params: { _meta: { progressToken: 1 } } }, 'legacy'],
    [{ method: 'tools/list', params: {} }, 'legacy'],
    [{ method: 'tools/list' }, 'legacy'],
    [{ method: 'tools/list', params: { _meta: [] } }, 'legacy'],
    [{ method: 'initialize', params: { protocolVersion: '2025-11-25' } }, 'legacy'],
    [{ method: 'initialize', params: { _meta: { [version]: '2025-11-25' } } }, 'legacy'],
    [{ method: 'initialize', params: { _meta: envelope } }, 'modern'],
    [{ result: {} }, 'legacy'],
  ])('%j is %s', (message, era) => {
    expect(eraOf(message)).toBe(era);
  });
});

describe('versions', () => {
  test('are of the era without sessions from 2026-07-28 on, known or not: they order as text', () => {
    expect(['2026-07-28', '2026-12-31', '2099-01-01'].every(isModernVersion)).toBe(true);
    expect(['2026-07-27', '2025-11-25', '2024-11-05', '', '1.0'].some(isModernVersion)).toBe(false);
  });

  test.each([undefined, null, 7, '2026-07-28', '__proto__'])(
    'an initialize that asks for %j is offered the newest legacy one',
    (requested) => {
      expect(negotiateLegacy(requested)).toBe('2025-11-25');
    },
  );
});

describe('the capabilities a question needs', () => {
  const form: InputRequest = { method: 'elicitation/create', params: { message: '', requestedSchema: {} } };
  const page: InputRequest = { method: 'elicitation/create', params: { mode: 'url', message: '', url: '' } };
  const sample: InputRequest = { method: 'sampling/createMessage', params: { messages: [], maxTokens: 1 } };
  const withTools: InputRequest = {
    method: 'sampling/createMessage',
    params: { messages: [], maxTokens: 1, toolChoice: {} },
  };

  test.each<[InputRequest, ClientCapabilities, object | undefined]>([
    [form, {}, { elicitation: { form: {} } }],
    [form, { elicitation: {} }, undefined],
    [form, { elicitation: { form: {} } }, undefined],
    [form, { elicitation: { url: {} } }, { elicitation: { form: {} } }],
    [page, { elicitation: {} }, { elicitation: { url: {} } }],
    [page, { elicitation: { url: {} } }, undefined],
    [sample, {}, { sampling: {} }],
    [sample, { sampling: {} }, undefined],
    [withTools, {}, { sampling: { tools: {} } }],
    [withTools, { sampling: {} }, { sampling: { tools: {} } }],
    [withTools, { sampling: { tools: {} } }, undefined],
    [{ method: 'roots/list' }, {}, { roots: {} }],
    [{ method: 'roots/list' }, { roots: {} }, undefined],
  ])('%j of a client with %j: %j is missing', (request, declared, missing) => {
    expect(missingCapabilities(request, declared)).toEqual(missing);
  });
});

describe('canonical JSON', () => {
  test('is the same for equal values, whatever the order of their keys', () => {
    expect(canonicalJson({ b: [{ d: 1, c: 2 }], a: undefined })).toBe('{"b":[{"c":2,"d":1}]}');
    expect(canonicalJson({ a: { y: 1, x: 2 } })).toBe(canonicalJson({ a: { x: 2, y: 1 } }));
    expect(canonicalJson([1, 2])).not.toBe(canonicalJson([2, 1]));
    expect(canonicalJson(undefined)).toBe('null');
  });

  test('keeps keys apart that look like numbers or the prototype', () => {
    expect(canonicalJson(JSON.parse('{"__proto__":1,"10":2,"9":3}'))).toBe(
      canonicalJson(JSON.parse('{"9":3,"10":2,"__proto__":1}')),
    );
    expect(canonicalJson(JSON.parse('{"__proto__":1}'))).toContain('__proto__');
  });
});
