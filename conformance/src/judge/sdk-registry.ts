import {
  completable,
  ResourceTemplate,
  type CallToolResult,
  type GetPromptResult,
  type McpServer,
  type ReadResourceResult,
  type RequestStateCodec,
  type ServerContext,
} from '@modelcontextprotocol/server';
import type { Call, Prompt, Resource, Tool } from '@toolyard/core';
import { isRecord } from '@toolyard/core/protocol';
import { z } from 'zod';

import { SdkCall } from './sdk-call.ts';

/** Registers our definitions with an SDK server, which makes the listings and checks arguments and results itself. */
export class SdkRegistry {
  readonly #server: McpServer;
  readonly #codec: RequestStateCodec;

  constructor(server: McpServer, codec: RequestStateCodec) {
    this.#server = server;
    this.#codec = codec;
  }

  addTool({
    name,
    title,
    description,
    input,
    output,
    annotations,
    icons,
    meta,
    headers,
    errors,
    run,
  }: Tool): void {
    const metadata = { ...meta, ...(errors && { 'toolyard/errors': errors }) };
    const config = {
      ...(title !== undefined && { title }),
      ...(description !== undefined && { description }),
      ...(output && { outputSchema: output }),
      ...(annotations && { annotations }),
      ...(icons && { icons: [...icons] }),
      ...(Object.keys(metadata).length > 0 && { _meta: metadata }),
    };
    const toResult = (value: unknown) => toToolResult(value, output !== undefined);
    const inputSchema = headers
      ? once(input, () => withHeaders(input as unknown as z.ZodObject, headers))
      : input;
    if (inputSchema) {
      this.#server.registerTool(name, { ...config, inputSchema }, (args, ctx) =>
        this.#run((call) => run(args, call), toResult, ctx),
      );
    } else {
      this.#server.registerTool(name, config, (ctx) => this.#run((call) => run({}, call), toResult, ctx));
    }
  }

  addPrompt({ name, title, description, icons, input, complete, run }: Prompt): void {
    const config = {
      ...(title !== undefined && { title }),
      ...(description !== undefined && { description }),
      ...(icons && { icons: [...icons] }),
    };
    const toResult = (value: unknown) => toPromptResult(value, description);
    if (input) {
      const argsSchema = once(input, () => withCompleters(input as unknown as z.ZodObject, complete));
      this.#server.registerPrompt(name, { ...config, argsSchema }, (args, ctx) =>
        this.#run((call) => run(args, call), toResult, ctx),
      );
    } else {
      this.#server.registerPrompt(name, config, (ctx) => this.#run((call) => run({}, call), toResult, ctx));
    }
  }

  addResource({
    address,
    template,
    name = address,
    title,
    description,
    mimeType,
    annotations,
    ...rest
  }: Resource): void {
    const metadata = {
      ...(title !== undefined && { title }),
      ...(description !== undefined && { description }),
      ...(mimeType !== undefined && { mimeType }),
      ...(annotations && { annotations }),
    };
    const { read, list, complete } = rest;
    const serve = (uri: URL, variables: object, ctx: ServerContext) =>
      this.#run(
        (call) => read(variables as never, call),
        (value) => toContents(value, uri.href, mimeType),
        ctx,
      );
    if (!template) {
      this.#server.registerResource(name, address, metadata, (uri, ctx) => serve(uri, {}, ctx));
      return;
    }
    const completers = Object.entries(complete).map(([variable, completer]) => [
      variable,
      async (value: string) => [...(await completer!(value, {} as Call, {}))],
    ]);
    const listed = list && (async () => ({ resources: [...(await list({} as Call))] }));
    this.#server.registerResource(
      name,
      new ResourceTemplate(address, { list: listed, complete: Object.fromEntries(completers) as never }),
      metadata,
      serve,
    );
  }

  #run<T>(handler: (call: Call) => unknown, toResult: (value: unknown) => T, ctx: ServerContext) {
    const call = new SdkCall(ctx, this.#server.server.getClientCapabilities());
    return call.run(handler, toResult, this.#codec);
  }
}

/** The SDK makes a server per request; a schema is made once. */
function once(schema: unknown, make: () => z.ZodObject): z.ZodObject {
  const made = schemas.get(schema) ?? make();
  schemas.set(schema, made);
  return made;
}

const schemas = new Map<unknown, z.ZodObject>();

/** The SDK finds header parameters in the schema itself. */
function withHeaders(schema: z.ZodObject, headers: Readonly<Record<string, string>>): z.ZodObject {
  const shape: Record<string, z.ZodType> = { ...schema.shape };
  for (const [path, header] of Object.entries(headers)) {
    const [name, inner] = path.split('.') as [string, string?];
    const field = shape[name]!;
    if (inner === undefined) shape[name] = field.meta({ 'x-mcp-header': header });
    else
      shape[name] = withHeaders(z.object((field as z.ZodOptional<z.ZodObject>).unwrap().shape), {
        [inner]: header,
      }).optional();
  }
  return z.object(shape);
}

function withCompleters(schema: z.ZodObject, complete: Prompt['complete']): z.ZodObject {
  const completers = Object.entries(complete).map(([name, completer]) => [
    name,
    completable((schema.shape[name] as z.ZodString).clone(), async (value) => [
      ...(await completer!(value, {} as Call, {})),
    ]),
  ]);
  return schema.extend(Object.fromEntries(completers) as Record<string, z.ZodType>);
}

function toToolResult(value: unknown, isStructured: boolean): CallToolResult {
  const blocks: unknown[] = Array.isArray(value) ? value : [value];
  if (typeof value === 'string') return { content: [{ type: 'text', text: value }] };
  if (isRecord(value) && Array.isArray(value['content'])) return value as CallToolResult;
  if (!isStructured && blocks.every((block) => isRecord(block) && typeof block['type'] === 'string')) {
    return { content: blocks as CallToolResult['content'] };
  }
  return {
    content: [{ type: 'text', text: JSON.stringify(value) }],
    structuredContent: value,
  };
}

function toPromptResult(value: unknown, description: string | undefined): GetPromptResult {
  const described = description === undefined ? {} : { description };
  if (typeof value === 'string') {
    return { ...described, messages: [{ role: 'user', content: { type: 'text', text: value } }] };
  }
  if (Array.isArray(value)) return { ...described, messages: value };
  return { ...described, ...(value as GetPromptResult) };
}

function toContents(value: unknown, uri: string, mimeType: string | undefined): ReadResourceResult {
  const facts = { uri, mimeType: mimeType ?? 'text/plain' };
  const contents =
    value instanceof Uint8Array ? { blob: Buffer.from(value).toString('base64') } : { text: value as string };
  return { contents: [{ ...facts, ...contents }] };
}
