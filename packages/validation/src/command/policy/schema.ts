import { z } from 'zod';

/**
 * What a value or an operand is. Path kinds (`read`, `entry`, `write`, `remove`, `directory`, `script`, `tree`) are
 * handed to the caller, who checks that they lie inside the roots.
 */
const valueKinds = [
  'text',
  'pattern',
  'glob',
  'number',
  'integer',
  'count',
  'word',
  'format',
  'revision',
  'refspec',
  'remote',
  'setting',
  'sed',
  'jq',
  'read',
  'entry',
  'write',
  'remove',
  'script',
  'tree',
  'directory',
] as const;

export const valueKindSchema = z
  .enum(valueKinds)
  .describe(
    'text, pattern and glob: anything. number: digits. integer: with a sign. count: with a unit (10K, +5). ' +
      'word: letters, digits and . _ : @ / -, no leading dash. format: starts with +. revision: no leading dash. ' +
      'refspec: a revision that is not forced by a leading +. setting: the name of a git setting without credentials. ' +
      'remote: a name, or an https, ssh or git@host: address. sed: a sed script that neither runs nor opens anything. ' +
      'jq: a filter that imports nothing. read, write: a path. remove: a path that is gone afterwards. entry: a path to read ' +
      'that ends in a name, not in . or .., and not a protected one. script: a path, no "-". tree: a revision, a path to read, or both (HEAD:file). ' +
      'directory: a path that later paths are relative to.',
  );

/** What a value or an operand is: text, a number, a path to read, … */
export type ValueKind = z.infer<typeof valueKindSchema>;

const effectSchema = z.enum(['allow', 'ask', 'deny']);

/** What happens to a command: it runs, someone is asked first, or it is refused. */
export type Effect = z.infer<typeof effectSchema>;

const doesSchema = z
  .enum(['reads', 'writes', 'anything'])
  .describe('What the program can do at most. "anything" runs code of the tree or uses the network.');

const names = z.string().regex(/^\S+( \S+)*$/, 'names separated by single spaces');

const optionSchema = z.union([
  z
    .string()
    .describe(
      'The kind of its value, or choices separated by |. A ? at the end: the value may be left out, and is attached otherwise (--color, --color=auto). ?next: it may be left out by the last argument (git branch --merged).',
    ),
  z.strictObject({
    value: z.string().optional().describe('As in the short form. Left out: the option takes no value.'),
    effect: effectSchema.exclude(['deny']).optional(),
    reason: z.string().optional().describe('Why someone is asked.'),
    insert: z.array(z.string()).optional().describe('Arguments that go with this option.'),
    checks: z.array(z.string()).optional().describe('Checks by name that this option needs.'),
  }),
]);

/** One option: the kind of its value, or an object with more. */
export type OptionRule = z.infer<typeof optionSchema>;

const operandSchema = z.union([
  z.string().describe('A kind of value. A * at the end: any number of them.'),
  z.strictObject({
    kind: z.string(),
    unless: names.optional().describe('There is no such operand when one of these options is given.'),
  }),
]);

/** One operand by position: a kind of value, `read*` for any number of them. */
export type OperandRule = z.infer<typeof operandSchema>;

const hidesSchema = z.strictObject({
  what: z
    .enum(['secret', 'protected'])
    .describe('secret: names that hold secrets. protected: those, and names that are not written.'),
  also: z.array(z.string()).optional().describe('Further names.'),
  as: z
    .array(z.string())
    .min(1)
    .describe('What is added for each name. {name}: the name; {anyCase}: with [aA] for each letter.'),
  at: z
    .enum(['front', 'options', 'end', 'afterDashes'])
    .describe(
      'front: with insert. options: after all options. end: after all operands. afterDashes: there, behind --.',
    ),
  with: names
    .optional()
    .describe('Only with one of these options; "operand" in the list stands for any operand.'),
  unlessObjects: z
    .boolean()
    .optional()
    .describe('Not when all operands, two or more, name objects of git (HEAD:file).'),
});

/** Arguments that keep a program from protected names. */
export type HidesRule = z.infer<typeof hidesSchema>;

const programFields = {
  effect: effectSchema
    .optional()
    .describe(
      'Default: allow, or that of the program around the subcommand. Names the worst of all matching rules.',
    ),
  reason: z.string().optional().describe('Why someone is asked, or why it is refused.'),
  does: doesSchema.optional().describe('Default: anything, or that of the program around the subcommand.'),
  writesHere: z
    .boolean()
    .optional()
    .describe('Writes into its working directory whatever its operands are; inherited by subcommands.'),
  pure: z.boolean().optional().describe('Same arguments and files, same output: results may be cached.'),
  style: z
    .enum(['gnu', 'whole', 'expression', 'raw'])
    .optional()
    .describe(
      'gnu (default): -abc is -a -b -c. whole: every option is one word (-name). expression: like find, operands first ' +
        'and everything keeps its order. raw: no options, every argument is an operand.',
    ),
  flags: names.optional().describe('Options without a value: "-alh --all" allows -a, -l, -h and --all.'),
  options: z
    .record(names, optionSchema)
    .optional()
    .describe('Options with a value, by their names: "-n --lines".'),
  forbidden: z
    .record(names, z.string())
    .optional()
    .describe('Options that are refused, with the end of the sentence "… is not allowed because it …".'),
  counts: z.boolean().optional().describe('-5 is allowed.'),
  separateValues: z.boolean().optional().describe('--option value, never --option=value.'),
  bundledFirst: z
    .boolean()
    .optional()
    .describe('A first argument without a dash is a cluster of options (tar xzf).'),
  requires: names
    .optional()
    .describe('One of these options must be given; "operand" in the list stands for any operand.'),
  operands: z.array(operandSchema).optional().describe('By position. Default: none.'),
  afterDashes: z
    .array(operandSchema)
    .optional()
    .describe('Operands after -- where they are others (git log main -- src).'),
  dashes: z
    .enum(['insert', 'keep', 'unknown'])
    .optional()
    .describe(
      'insert (default): options first, then --, then operands. keep: the order stays. unknown: the program has no --.',
    ),
  optionsEndAtOperand: z
    .boolean()
    .optional()
    .describe('What follows the first operand belongs to it (node script.js -x).'),
  literals: names.optional().describe('Further words of an expression: ( ) !'),
  writesWith: names
    .optional()
    .describe('With one of these options, operands to read are written (prettier --write).'),
  refusedOperands: z
    .record(z.string(), z.string())
    .optional()
    .describe('Operands that are refused, with the reason.'),
  insert: z.array(z.string()).optional().describe('Arguments that are always added in front.'),
  hides: hidesSchema.optional().describe('Arguments that keep it from protected names below its paths.'),
  reachesBelow: names
    .optional()
    .describe('With one of these options, or "always", it also reads what lies below its operands.'),
  env: z.record(z.string(), z.string()).optional().describe('Variables that make the program safe.'),
  checks: z
    .array(z.string())
    .optional()
    .describe('Checks the executor must make by name before it starts the program.'),
  runs: z
    .array(z.string())
    .optional()
    .describe('The first operand is one of these programs, with its own rules (npx vitest).'),
} as const;

/** What one program, or one of its subcommands, may be started with. What is not named is refused. */
export interface ProgramRules {
  readonly effect?: Effect | undefined;
  readonly reason?: string | undefined;
  readonly does?: z.infer<typeof doesSchema> | undefined;
  readonly writesHere?: boolean | undefined;
  readonly pure?: boolean | undefined;
  readonly style?: 'gnu' | 'whole' | 'expression' | 'raw' | undefined;
  readonly flags?: string | undefined;
  readonly options?: Readonly<Record<string, OptionRule>> | undefined;
  readonly forbidden?: Readonly<Record<string, string>> | undefined;
  readonly counts?: boolean | undefined;
  readonly separateValues?: boolean | undefined;
  readonly bundledFirst?: boolean | undefined;
  readonly requires?: string | undefined;
  readonly operands?: readonly OperandRule[] | undefined;
  readonly afterDashes?: readonly OperandRule[] | undefined;
  readonly dashes?: 'insert' | 'keep' | 'unknown' | undefined;
  readonly optionsEndAtOperand?: boolean | undefined;
  readonly literals?: string | undefined;
  readonly writesWith?: string | undefined;
  readonly refusedOperands?: Readonly<Record<string, string>> | undefined;
  readonly insert?: readonly string[] | undefined;
  readonly hides?: HidesRule | undefined;
  readonly reachesBelow?: string | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly checks?: readonly string[] | undefined;
  readonly runs?: readonly string[] | undefined;
  /** By the first operand. The fields above are then for what stands before it (`git -C dir …`). */
  readonly subcommands?: Readonly<Record<string, ProgramRules>> | undefined;
  /** Tried in order; the first that does not refuse decides. */
  readonly alternatives?: readonly ProgramRules[] | undefined;
}

const programSchema: z.ZodType<ProgramRules, ProgramRules> = z.strictObject({
  ...programFields,
  get subcommands() {
    return z.record(z.string(), programSchema).optional();
  },
  get alternatives() {
    return z.array(programSchema).min(1).optional();
  },
});

const ruleSchema = z.strictObject({
  id: z.string().min(1).describe('Stands in decisions and audit records.'),
  program: z.string().min(1),
  subcommand: z.string().optional().describe('As typed, nested ones with a space: "stash drop".'),
  option: z.string().optional().describe('Only when this option is given, by any of its names.'),
  effect: effectSchema,
  reason: z.string().min(1),
});

/** A change to the profile: deny wins over ask, ask over allow; allow takes back an ask of the profile. */
export type PolicyRule = z.infer<typeof ruleSchema>;

export const policySchema = z.strictObject({
  $schema: z.string().optional(),
  profile: z
    .enum(['none', 'readonly', 'dev'])
    .describe('What is allowed to start with: nothing, looking, or developing.'),
  programs: z
    .record(z.string().regex(/^[\w.+-]+$/, 'a bare program name'), programSchema)
    .optional()
    .describe('Programs to add. One of the profile with the same name is replaced.'),
  rules: z.array(ruleSchema).optional(),
  environment: z
    .array(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'a variable name'))
    .optional()
    .describe('Further variables a caller may set.'),
});

/** A command policy as data: a profile and what is different from it. */
export interface PolicyDocument {
  readonly $schema?: string | undefined;
  readonly profile: 'none' | 'readonly' | 'dev';
  readonly programs?: Readonly<Record<string, ProgramRules>> | undefined;
  readonly rules?: readonly PolicyRule[] | undefined;
  readonly environment?: readonly string[] | undefined;
}

/** The policy language as JSON Schema (draft 2020-12), for editors and other checkers. */
export function policyJsonSchema(): Record<string, unknown> {
  return { ...z.toJSONSchema(policySchema, { io: 'input' }), title: 'Toolyard command policy' };
}
