import { isToolError, page, revisionOf, type Difference } from '../difference.ts';

/** Results and errors that say the same in another form. */
export const resultDifferences: readonly Difference[] = [
  {
    name: 'failures are masked',
    what: 'A handler threw something that is not a ToolError: the SDK sends its message, we send an incident number.',
    why: 'The message may hold anything: a path, a query, a password.',
    rule: {
      url: page('2026-07-28', 'server/tools#security-considerations'),
      says: 'Servers MUST sanitize tool outputs.',
    },
    covers: ({ theirs }) => theirs === 'the password is hunter2',
  },
  {
    name: 'words of errors',
    what: 'The message of an error, and the text of a tool result that is one.',
    why: 'Ours say what helps. Programs go by the code, which is compared.',
    covers: ({ field }, occurrence) =>
      /error\.(message|data\.mismatch\.body)$/.test(field) ||
      (isToolError(occurrence) && /content\.\d+\.text$/.test(field)),
  },
  {
    name: 'facts in errors',
    what: 'Errors of ours carry data where those of the SDK have none: issues of a schema, an incident, a URI.',
    why: 'A program need not read the sentence. The specification leaves `data` to the sender.',
    rule: {
      url: page('2026-07-28', 'basic#error-responses'),
      says: 'Error responses MAY include a data member with additional information of any type.',
    },
    covers: ({ field, ours, theirs }) =>
      field.endsWith('error.data') &&
      theirs === undefined &&
      /^\{"(incident|issues|uri)":/.test(JSON.stringify(ours)),
  },
  {
    name: 'one error for what is no URI and what does not exist',
    what: 'Reading `nothing`, which is no URI: the SDK adds `reason: invalid_uri` to the data.',
    why: 'What is served under no name does not exist, whatever it looks like.',
    covers: ({ field, ours, theirs }) =>
      field.endsWith('error.data.reason') && ours === undefined && theirs === 'invalid_uri',
  },
  {
    name: 'one form for envelope errors',
    what: 'The data of an error about `_meta`: we always name `key` and `problem`; the SDK has two forms and its own words.',
    why: 'One form is enough. The specification fixes code and status, which agree.',
    covers: ({ field }) => field.includes('error.data.envelope.'),
  },
  {
    name: 'tool errors carry a code',
    what: "A tool result with `isError` has our error's code and data in `_meta['toolyard/error']`.",
    why: 'The text is for the model; programs and typed clients need the code.',
    rule: {
      url: page('2026-07-28', 'basic#meta'),
      says: '_meta is there to attach additional metadata; names with a prefix that is not reserved are free.',
    },
    covers: ({ field, ours }) =>
      field.endsWith('_meta.toolyard/error') ||
      (field.endsWith('result._meta') && JSON.stringify(ours).startsWith('{"toolyard/error":')),
  },
  {
    name: 'output that does not fit is a fault of the server',
    what: 'A tool breaks its own output schema: an internal error here, a tool result with `isError` in the SDK.',
    why: 'The model can do nothing about it, and a result would look as if it could.',
    rule: {
      url: page('2026-07-28', 'server/tools#error-handling'),
      says: 'Protocol errors indicate unknown tools, malformed requests and server errors.',
    },
    covers: ({ field, ours, theirs }, { step }) =>
      field === 'answer' &&
      ours === '200 error -32603' &&
      theirs === '200 tool error' &&
      step.body!.includes('"wrong_output"'),
  },
  {
    name: 'tools without arguments say so',
    what: 'Their input schema has `additionalProperties: false`.',
    why: 'It is what the specification recommends, and stops models from inventing arguments.',
    rule: {
      url: page('2026-07-28', 'server/tools#tool'),
      says: 'For tools with no parameters: { "type": "object", "additionalProperties": false } – Recommended.',
    },
    covers: ({ field, ours, theirs }) =>
      field.endsWith('inputSchema.additionalProperties') && ours === false && theirs === undefined,
  },
  {
    name: 'a wrapped schema names its dialect once',
    what: 'An output schema that older revisions get as the property `result`: the SDK leaves `$schema` inside too.',
    why: 'Inside it is not allowed.',
    rule: {
      url: 'https://json-schema.org/draft/2020-12/json-schema-core#section-8.1.1',
      says: '$schema MUST NOT appear in non-resource root schema objects.',
    },
    covers: ({ field, ours }) =>
      field.endsWith('outputSchema.properties.result.$schema') && ours === undefined,
  },
  {
    name: 'templates do not describe what they list',
    what: 'Resources a template lists have what its `list` says of them; the SDK fills in title and facts of the template.',
    why: 'The title would be the same for all of them, and clients show it instead of the name.',
    rule: {
      url: page('2026-07-28', 'server/resources#resource'),
      says: 'title: optional human-readable name of the resource for display purposes.',
    },
    covers: ({ field, ours }) =>
      /resources\.\d+\.(title|mimeType|annotations)$/.test(field) && ours === undefined,
  },
  {
    name: 'variables are decoded',
    what: 'A template gives `a b` for `a%20b`; the SDK gives `a%20b`.',
    why: 'It is the value that expanded to this URI (RFC 6570, section 3.2.1).',
    covers: ({ field, ours, theirs }) =>
      field.endsWith('contents.0.text') && decodeURI(String(theirs)) === ours,
  },
  {
    name: 'older revisions get their own fields',
    what: 'Clients of 2024-11-05 to 2025-06-18 do not get fields and contents that came later; from the SDK they do.',
    why: 'Strict clients of the time refuse them, and a sound or a link would be lost without a word.',
    rule: {
      url: page('2025-11-25', 'basic/lifecycle#operation'),
      says: 'Both parties MUST respect the negotiated protocol version.',
    },
    covers({ field, ours }, occurrence) {
      const revision = revisionOf(occurrence);
      if (revision === '' || revision >= '2025-11-25') return false;
      const isLater =
        /\.(structuredContent|title|icons|_meta|annotations|outputSchema)$/.test(field) && ours === undefined;
      return isLater || (revision < '2025-06-18' && /result\.content\.\d+\.\w+$/.test(field));
    },
  },
];
