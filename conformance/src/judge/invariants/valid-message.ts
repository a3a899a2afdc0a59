import * as schemas from '@modelcontextprotocol/core';
import { isRecord } from '@toolyard/core/protocol';

interface Schema {
  safeParse(value: unknown): { success: boolean; error?: { message: string } | undefined };
}

/** The official schemas of results, by method. */
const results: Readonly<Record<string, Schema>> = {
  initialize: schemas.InitializeResultSchema,
  ping: schemas.EmptyResultSchema,
  'server/discover': schemas.DiscoverResultSchema,
  'tools/list': schemas.ListToolsResultSchema,
  'tools/call': schemas.CallToolResultSchema,
  'resources/list': schemas.ListResourcesResultSchema,
  'resources/templates/list': schemas.ListResourceTemplatesResultSchema,
  'resources/read': schemas.ReadResourceResultSchema,
  'prompts/list': schemas.ListPromptsResultSchema,
  'prompts/get': schemas.GetPromptResultSchema,
  'completion/complete': schemas.CompleteResultSchema,
};

/** What is wrong with a message of a server, by the official schemas. */
export function problemsOfMessage(message: unknown, asked: { method: unknown; isModern: boolean }): string[] {
  const shown = JSON.stringify(message).slice(0, 300);
  if (!isRecord(message)) return [`no message: ${shown}`];
  if (isRecord(message['error'])) {
    // Errors about what has no id to answer under say `null`, as JSON-RPC has it.
    const { id, ...rest } = message;
    return problems(schemas.JSONRPCErrorResponseSchema, id === null ? rest : message, shown);
  }
  if ('method' in message) {
    const schema = 'id' in message ? schemas.JSONRPCRequestSchema : schemas.ServerNotificationSchema;
    return problems(schema, message, shown);
  }
  const { result } = message;
  const envelope = problems(schemas.JSONRPCResultResponseSchema, message, shown);
  if (!isRecord(result)) return envelope;
  const stamp = asked.isModern === 'resultType' in result ? [] : [`resultType in the wrong era: ${shown}`];
  const schema = Object.hasOwn(results, String(asked.method)) ? results[String(asked.method)] : undefined;
  const isFinal = !asked.isModern || result['resultType'] === 'complete';
  return [...envelope, ...stamp, ...(schema && isFinal ? problems(schema, result, shown) : [])];
}

function problems(schema: Schema, value: unknown, shown: string): string[] {
  const { success, error } = schema.safeParse(value);
  return success ? [] : [`not valid: ${shown} ${error?.message.slice(0, 300)}`];
}
