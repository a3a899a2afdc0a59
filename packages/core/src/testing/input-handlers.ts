import { isRecord } from '../protocol/json-rpc.ts';
import type {
  ClientCapabilities,
  CreateMessageParams,
  CreateMessageResult,
  ElicitParams,
  ElicitResult,
  JsonObject,
  Root,
  ServerRequest,
} from '../protocol/messages.ts';

/** How a test client answers what a server asks, in either era. */
export interface InputHandlers {
  /** Plays the person who fills in a form or visits a page. */
  readonly elicit?: (params: ElicitParams) => ElicitResult | Promise<ElicitResult>;
  /** Plays the model. */
  readonly sample?: (params: CreateMessageParams) => CreateMessageResult | Promise<CreateMessageResult>;
  readonly roots?: readonly Root[] | (() => readonly Root[] | Promise<readonly Root[]>);
}

/** The answer to a request, or `undefined` when there is no handler for it. */
export async function answerInput(
  request: ServerRequest,
  handlers: InputHandlers,
): Promise<JsonObject | undefined> {
  const { method, params } = request;
  const { elicit, sample, roots } = handlers;
  switch (method) {
    case 'elicitation/create':
      return asObject(await elicit?.(params as ElicitParams));
    case 'sampling/createMessage':
      return asObject(await sample?.(params as CreateMessageParams));
    case 'roots/list':
      return roots && { roots: typeof roots === 'function' ? await roots() : roots };
    case 'ping':
      return {};
    default:
      return undefined;
  }
}

/** The capabilities of a client that has these handlers. */
export function capabilitiesFor(
  { elicit, sample, roots }: InputHandlers,
  protocolVersion: string,
): ClientCapabilities {
  return {
    ...(elicit && { elicitation: protocolVersion >= '2025-11-25' ? { form: {}, url: {} } : {} }),
    ...(sample && { sampling: protocolVersion >= '2025-11-25' ? { tools: {} } : {} }),
    ...(roots && { roots: {} }),
  };
}

function asObject(value: unknown): JsonObject | undefined {
  return isRecord(value) ? value : undefined;
}
