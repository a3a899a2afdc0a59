import { z } from 'zod';
/** Characters of a text a model passes, where its parameter says nothing else. */
export declare const DEFAULT_MAX_LENGTH = 4096;
declare const parameterSchema: z.ZodDiscriminatedUnion<
  [
    z.ZodObject<
      {
        description: z.ZodString;
        optional: z.ZodOptional<z.ZodBoolean>;
        type: z.ZodLiteral<'string'>;
        enum: z.ZodOptional<z.ZodArray<z.ZodString>>;
        default: z.ZodOptional<z.ZodString>;
        pattern: z.ZodOptional<z.ZodString>;
        maxLength: z.ZodOptional<z.ZodInt>;
        mayStartWithDash: z.ZodOptional<z.ZodBoolean>;
      },
      z.core.$strict
    >,
    z.ZodObject<
      {
        description: z.ZodString;
        optional: z.ZodOptional<z.ZodBoolean>;
        enum: z.ZodOptional<z.ZodArray<z.ZodNumber>>;
        default: z.ZodOptional<z.ZodNumber>;
        minimum: z.ZodOptional<z.ZodNumber>;
        maximum: z.ZodOptional<z.ZodNumber>;
        mayStartWithDash: z.ZodOptional<z.ZodBoolean>;
        type: z.ZodLiteral<'integer'>;
      },
      z.core.$strict
    >,
    z.ZodObject<
      {
        description: z.ZodString;
        optional: z.ZodOptional<z.ZodBoolean>;
        enum: z.ZodOptional<z.ZodArray<z.ZodNumber>>;
        default: z.ZodOptional<z.ZodNumber>;
        minimum: z.ZodOptional<z.ZodNumber>;
        maximum: z.ZodOptional<z.ZodNumber>;
        mayStartWithDash: z.ZodOptional<z.ZodBoolean>;
        type: z.ZodLiteral<'number'>;
      },
      z.core.$strict
    >,
    z.ZodObject<
      {
        description: z.ZodString;
        optional: z.ZodOptional<z.ZodBoolean>;
        type: z.ZodLiteral<'boolean'>;
        default: z.ZodOptional<z.ZodBoolean>;
      },
      z.core.$strict
    >,
  ],
  'type'
>;
/** What a model passes to a tool of the file. */
export type Parameter = z.infer<typeof parameterSchema>;
declare const toolSchema: z.ZodObject<
  {
    name: z.ZodString;
    title: z.ZodOptional<z.ZodString>;
    description: z.ZodString;
    parameters: z.ZodOptional<
      z.ZodRecord<
        z.ZodString,
        z.ZodDiscriminatedUnion<
          [
            z.ZodObject<
              {
                description: z.ZodString;
                optional: z.ZodOptional<z.ZodBoolean>;
                type: z.ZodLiteral<'string'>;
                enum: z.ZodOptional<z.ZodArray<z.ZodString>>;
                default: z.ZodOptional<z.ZodString>;
                pattern: z.ZodOptional<z.ZodString>;
                maxLength: z.ZodOptional<z.ZodInt>;
                mayStartWithDash: z.ZodOptional<z.ZodBoolean>;
              },
              z.core.$strict
            >,
            z.ZodObject<
              {
                description: z.ZodString;
                optional: z.ZodOptional<z.ZodBoolean>;
                enum: z.ZodOptional<z.ZodArray<z.ZodNumber>>;
                default: z.ZodOptional<z.ZodNumber>;
                minimum: z.ZodOptional<z.ZodNumber>;
                maximum: z.ZodOptional<z.ZodNumber>;
                mayStartWithDash: z.ZodOptional<z.ZodBoolean>;
                type: z.ZodLiteral<'integer'>;
              },
              z.core.$strict
            >,
            z.ZodObject<
              {
                description: z.ZodString;
                optional: z.ZodOptional<z.ZodBoolean>;
                enum: z.ZodOptional<z.ZodArray<z.ZodNumber>>;
                default: z.ZodOptional<z.ZodNumber>;
                minimum: z.ZodOptional<z.ZodNumber>;
                maximum: z.ZodOptional<z.ZodNumber>;
                mayStartWithDash: z.ZodOptional<z.ZodBoolean>;
                type: z.ZodLiteral<'number'>;
              },
              z.core.$strict
            >,
            z.ZodObject<
              {
                description: z.ZodString;
                optional: z.ZodOptional<z.ZodBoolean>;
                type: z.ZodLiteral<'boolean'>;
                default: z.ZodOptional<z.ZodBoolean>;
              },
              z.core.$strict
            >,
          ],
          'type'
        >
      >
    >;
    run: z.ZodTuple<
      [z.ZodString],
      z.ZodUnion<
        readonly [
          z.ZodString,
          z.ZodObject<
            {
              when: z.ZodString;
              args: z.ZodArray<z.ZodString>;
            },
            z.core.$strict
          >,
        ]
      >
    >;
    cwd: z.ZodOptional<z.ZodString>;
    env: z.ZodOptional<z.ZodRecord<z.ZodString, z.ZodString>>;
    stdin: z.ZodOptional<z.ZodString>;
    timeoutMs: z.ZodOptional<z.ZodInt>;
    readOnly: z.ZodOptional<z.ZodBoolean>;
  },
  z.core.$strict
>;
/** A tool of the file: a command with places for values. */
export type UserToolDefinition = z.infer<typeof toolSchema>;
/** What `--tools` names: one object with the tools. */
export declare const toolsFileSchema: z.ZodObject<
  {
    $schema: z.ZodOptional<z.ZodString>;
    tools: z.ZodArray<
      z.ZodObject<
        {
          name: z.ZodString;
          title: z.ZodOptional<z.ZodString>;
          description: z.ZodString;
          parameters: z.ZodOptional<
            z.ZodRecord<
              z.ZodString,
              z.ZodDiscriminatedUnion<
                [
                  z.ZodObject<
                    {
                      description: z.ZodString;
                      optional: z.ZodOptional<z.ZodBoolean>;
                      type: z.ZodLiteral<'string'>;
                      enum: z.ZodOptional<z.ZodArray<z.ZodString>>;
                      default: z.ZodOptional<z.ZodString>;
                      pattern: z.ZodOptional<z.ZodString>;
                      maxLength: z.ZodOptional<z.ZodInt>;
                      mayStartWithDash: z.ZodOptional<z.ZodBoolean>;
                    },
                    z.core.$strict
                  >,
                  z.ZodObject<
                    {
                      description: z.ZodString;
                      optional: z.ZodOptional<z.ZodBoolean>;
                      enum: z.ZodOptional<z.ZodArray<z.ZodNumber>>;
                      default: z.ZodOptional<z.ZodNumber>;
                      minimum: z.ZodOptional<z.ZodNumber>;
                      maximum: z.ZodOptional<z.ZodNumber>;
                      mayStartWithDash: z.ZodOptional<z.ZodBoolean>;
                      type: z.ZodLiteral<'integer'>;
                    },
                    z.core.$strict
                  >,
                  z.ZodObject<
                    {
                      description: z.ZodString;
                      optional: z.ZodOptional<z.ZodBoolean>;
                      enum: z.ZodOptional<z.ZodArray<z.ZodNumber>>;
                      default: z.ZodOptional<z.ZodNumber>;
                      minimum: z.ZodOptional<z.ZodNumber>;
                      maximum: z.ZodOptional<z.ZodNumber>;
                      mayStartWithDash: z.ZodOptional<z.ZodBoolean>;
                      type: z.ZodLiteral<'number'>;
                    },
                    z.core.$strict
                  >,
                  z.ZodObject<
                    {
                      description: z.ZodString;
                      optional: z.ZodOptional<z.ZodBoolean>;
                      type: z.ZodLiteral<'boolean'>;
                      default: z.ZodOptional<z.ZodBoolean>;
                    },
                    z.core.$strict
                  >,
                ],
                'type'
              >
            >
          >;
          run: z.ZodTuple<
            [z.ZodString],
            z.ZodUnion<
              readonly [
                z.ZodString,
                z.ZodObject<
                  {
                    when: z.ZodString;
                    args: z.ZodArray<z.ZodString>;
                  },
                  z.core.$strict
                >,
              ]
            >
          >;
          cwd: z.ZodOptional<z.ZodString>;
          env: z.ZodOptional<z.ZodRecord<z.ZodString, z.ZodString>>;
          stdin: z.ZodOptional<z.ZodString>;
          timeoutMs: z.ZodOptional<z.ZodInt>;
          readOnly: z.ZodOptional<z.ZodBoolean>;
        },
        z.core.$strict
      >
    >;
  },
  z.core.$strict
>;
/** The format of the file as JSON Schema (draft 2020-12), for editors; `tools.schema.json` holds it. */
export declare function toolsFileJsonSchema(): Record<string, unknown>;
export {};
//# sourceMappingURL=tools-file.d.ts.map
