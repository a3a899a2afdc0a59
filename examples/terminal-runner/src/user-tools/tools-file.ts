import { z } from 'zod';

/** Characters of a text a model passes, where its parameter says nothing else. */
export const DEFAULT_MAX_LENGTH = 4_096;
const MAX_TEXT = 65_536;

const NAME = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;
const PLACEHOLDERS =
  '{name} stands for the value of a parameter; write {{ and }} for the characters themselves.';

const describedFields = {
  description: z.string().trim().min(1).max(1_000).describe('For the model: what to pass.'),
  optional: z
    .boolean()
    .optional()
    .describe('May be left out: then every argument that its placeholder stands in is left out, too.'),
};
const mayStartWithDash = z
  .boolean()
  .optional()
  .describe(
    'A value may begin an argument with "-". Default: false, because a program takes such an argument for an option.',
  );

const stringParameter = z.strictObject({
  type: z.literal('string'),
  ...describedFields,
  enum: z
    .array(z.string().max(1_000))
    .min(1)
    .max(256)
    .optional()
    .describe('One of these and nothing else; the other limits are not looked at.'),
  default: z.string().max(MAX_TEXT).optional(),
  pattern: z
    .string()
    .min(1)
    .max(1_000)
    .optional()
    .describe('The whole value has to match. A regular expression without back references and look-around.'),
  maxLength: z.int().min(1).max(MAX_TEXT).optional().describe(`Characters. Default: ${DEFAULT_MAX_LENGTH}.`),
  mayStartWithDash,
});

const numberFields = {
  ...describedFields,
  enum: z.array(z.number()).min(1).max(256).optional(),
  default: z.number().optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  mayStartWithDash,
};

const parameterSchema = z.discriminatedUnion(
  'type',
  [
    stringParameter,
    z.strictObject({ type: z.literal('integer'), ...numberFields }),
    z.strictObject({ type: z.literal('number'), ...numberFields }),
    z.strictObject({ type: z.literal('boolean'), ...describedFields, default: z.boolean().optional() }),
  ],
  { error: 'has to have a type: string, integer, number or boolean' },
);

/** What a model passes to a tool of the file. */
export type Parameter = z.infer<typeof parameterSchema>;

const template = z.string().max(MAX_TEXT).describe(PLACEHOLDERS);

const argumentSchema = z.union(
  [
    template,
    z
      .strictObject({
        when: z.string().describe('A boolean parameter that is true, or an optional one that is given.'),
        args: z.array(template).min(1).max(64),
      })
      .describe(
        'Arguments that are there only sometimes. An option and its value that are two arguments belong in here together.',
      ),
  ],
  { error: 'has to be a text, or { "when": …, "args": [ … ] } with texts' },
);

const toolSchema = z.strictObject({
  name: z
    .string()
    .regex(
      /^[A-Za-z][A-Za-z0-9_-]{0,63}$/,
      'has to be 1 to 64 of A-Z, a-z, 0-9, "_" and "-", and to begin with a letter',
    ),
  title: z.string().trim().min(1).max(200).optional().describe('For people. Default: the name.'),
  description: z
    .string()
    .trim()
    .min(1)
    .max(4_000)
    .describe('For the model: what the tool does, when to use it, what comes back.'),
  parameters: z
    .record(
      z.string().regex(NAME, 'has to begin with a letter, with letters, digits and "_" after it'),
      parameterSchema,
    )
    .refine((all) => Object.keys(all).length <= 64, 'has to have at most 64 parameters')
    .optional(),
  run: z
    .tuple([z.string().regex(/^[\w.+-]+$/, 'has to be the bare name of a program')], argumentSchema)
    .refine((all) => all.length <= 256, 'has to have at most 256 items')
    .describe(
      `The program and its arguments. Nothing is read by a shell: an item is one argument, whatever the value is. ${PLACEHOLDERS}`,
    ),
  cwd: template
    .optional()
    .describe(`The working directory: relative to the first root, or name:path. ${PLACEHOLDERS}`),
  env: z
    .record(z.string(), template)
    .refine((all) => Object.keys(all).length <= 64, 'has to have at most 64 variables')
    .optional()
    .describe(`Variables, as far as the policy names them. ${PLACEHOLDERS}`),
  stdin: template.optional().describe(`The standard input. ${PLACEHOLDERS}`),
  timeoutMs: z.int().min(1).max(600_000).optional().describe('Default: 50000.'),
  readOnly: z
    .boolean()
    .optional()
    .describe(
      'The command changes nothing. A sandbox that is a boundary shows it no writable root; where there is none, a call that may write to a path it names is refused.',
    ),
});

/** A tool of the file: a command with places for values. */
export type UserToolDefinition = z.infer<typeof toolSchema>;

/** What `--tools` names: one object with the tools. */
export const toolsFileSchema = z.strictObject({
  $schema: z.string().optional(),
  tools: z.array(toolSchema).max(64),
});

/** The format of the file as JSON Schema (draft 2020-12), for editors; `tools.schema.json` holds it. */
export function toolsFileJsonSchema(): Record<string, unknown> {
  return { ...z.toJSONSchema(toolsFileSchema, { io: 'input' }), title: 'Commands as tools' };
}
