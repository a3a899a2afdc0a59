/**
 * Message shapes of the protocol, as TypeScript sees them: the superset of all revisions. What older revisions
 * lack is taken away on the way out (`project.ts`). A type test keeps them equal to the official schemas.
 */
import type { RequestId } from './json-rpc.ts';

/** An object as JSON has it; what is inside is unknown. */
export type JsonObject = Record<string, unknown>;

/** A picture for people: `src` is an https or data URI. */
export interface Icon {
  src: string;
  mimeType?: string;
  sizes?: string[];
  theme?: 'light' | 'dark';
}

/** Who a client or server says it is. */
export interface Implementation {
  name: string;
  version: string;
  title?: string;
  description?: string;
  websiteUrl?: string;
  icons?: Icon[];
}

/** What a client can be asked. `elicitation: {}` stands for forms. */
export interface ClientCapabilities {
  experimental?: Record<string, JsonObject>;
  sampling?: { context?: JsonObject; tools?: JsonObject };
  elicitation?: { form?: JsonObject; url?: JsonObject };
  roots?: { listChanged?: boolean };
  extensions?: Record<string, JsonObject>;
}

/** What a server offers. */
export interface ServerCapabilities {
  experimental?: Record<string, JsonObject>;
  logging?: JsonObject;
  completions?: JsonObject;
  prompts?: { listChanged?: boolean };
  resources?: { subscribe?: boolean; listChanged?: boolean };
  tools?: { listChanged?: boolean };
  extensions?: Record<string, JsonObject>;
}

/** Who says something in a conversation. */
export type Role = 'user' | 'assistant';

/** Hints for the client: whom content is for, and from 0 to 1 how much it matters. `lastModified` is ISO 8601. */
export interface Annotations {
  audience?: Role[];
  priority?: number;
  lastModified?: string;
}

interface Content {
  annotations?: Annotations;
  _meta?: JsonObject;
}
/** A block of text. */
export interface TextContent extends Content {
  type: 'text';
  text: string;
}
/** A picture, as base64. */
export interface ImageContent extends Content {
  type: 'image';
  data: string;
  mimeType: string;
}
/** A sound, as base64. Since 2025-03-26. */
export interface AudioContent extends Content {
  type: 'audio';
  data: string;
  mimeType: string;
}
/** A resource with its contents. */
export interface EmbeddedResource extends Content {
  type: 'resource';
  resource: ResourceContents;
}
/** A pointer to a resource. Since 2025-06-18. */
export interface ResourceLink extends ResourceDescription {
  type: 'resource_link';
}
/** What tools and prompts hand to the model. */
export type ContentBlock = TextContent | ImageContent | AudioContent | EmbeddedResource | ResourceLink;

/** What a resource holds. */
export interface ResourceContents {
  uri: string;
  mimeType?: string;
  /** Exactly one of `text` and `blob` (base64) is present. */
  text?: string;
  blob?: string;
  _meta?: JsonObject;
}

/** A resource, as lists show it. `size` is in bytes. */
export interface ResourceDescription {
  uri: string;
  name: string;
  title?: string;
  description?: string;
  mimeType?: string;
  size?: number;
  icons?: Icon[];
  annotations?: Annotations;
  _meta?: JsonObject;
}

/** A family of resources, as lists show it. `uriTemplate` is of RFC 6570. */
export interface ResourceTemplateDescription {
  uriTemplate: string;
  name: string;
  title?: string;
  description?: string;
  mimeType?: string;
  icons?: Icon[];
  annotations?: Annotations;
  _meta?: JsonObject;
}

/** An argument of a prompt. Its value is always text. */
export interface PromptArgument {
  name: string;
  title?: string;
  description?: string;
  required?: boolean;
}

/** A prompt, as lists show it. */
export interface PromptDescription {
  name: string;
  title?: string;
  description?: string;
  arguments?: PromptArgument[];
  icons?: Icon[];
  _meta?: JsonObject;
}

/** One message of a prompt. */
export interface PromptMessage {
  role: Role;
  content: ContentBlock;
}

/** Hints about a tool. They inform people and hosts; they are no security boundary. */
export interface ToolAnnotations {
  title?: string;
  readOnlyHint?: boolean;
  destructiveHint?: boolean;
  idempotentHint?: boolean;
  openWorldHint?: boolean;
}

/** A tool, as lists show it. */
export interface ToolDescription {
  name: string;
  title?: string;
  description?: string;
  inputSchema: JsonObject;
  outputSchema?: JsonObject;
  annotations?: ToolAnnotations;
  icons?: Icon[];
  _meta?: JsonObject;
}

/** How long a client may keep an answer (`ttlMs`, 0 = do not), and whether shared caches may too. */
export interface CacheHint {
  ttlMs: number;
  cacheScope: 'public' | 'private';
}

/** What every result may carry. */
export interface BaseResult {
  _meta?: JsonObject;
}
/** What a tool call gives, failures that the model can act on (`isError`) included. */
export interface CallToolResult extends BaseResult {
  content: ContentBlock[];
  structuredContent?: unknown;
  isError?: boolean;
}
export interface ListToolsResult extends BaseResult, Partial<CacheHint> {
  tools: ToolDescription[];
  nextCursor?: string;
}
export interface ListResourcesResult extends BaseResult, Partial<CacheHint> {
  resources: ResourceDescription[];
  nextCursor?: string;
}
export interface ListResourceTemplatesResult extends BaseResult, Partial<CacheHint> {
  resourceTemplates: ResourceTemplateDescription[];
  nextCursor?: string;
}
export interface ReadResourceResult extends BaseResult, Partial<CacheHint> {
  contents: ResourceContents[];
}
export interface ListPromptsResult extends BaseResult, Partial<CacheHint> {
  prompts: PromptDescription[];
  nextCursor?: string;
}
export interface GetPromptResult extends BaseResult {
  description?: string;
  messages: PromptMessage[];
}
export interface CompleteResult extends BaseResult {
  completion: { values: string[]; total?: number; hasMore?: boolean };
}
export interface InitializeResult extends BaseResult {
  protocolVersion: string;
  capabilities: ServerCapabilities;
  serverInfo: Implementation;
  instructions?: string;
}
export interface DiscoverResult extends BaseResult, Partial<CacheHint> {
  supportedVersions: string[];
  capabilities: ServerCapabilities;
  instructions?: string;
}
export type EmptyResult = BaseResult;

/** What a client is asked before a request can be completed. */
export type InputRequest =
  | { method: 'elicitation/create'; params: ElicitParams }
  | { method: 'sampling/createMessage'; params: CreateMessageParams }
  | { method: 'roots/list' };

/** The 2026-07-28 answer "ask your user these things, then send the request again". */
export interface InputRequiredResult extends BaseResult {
  resultType: 'input_required';
  inputRequests?: Record<string, InputRequest>;
  requestState?: string;
}

/** A question for a person: a form to fill in, or a page to visit. */
export type ElicitParams =
  | { mode?: 'form'; message: string; requestedSchema: JsonObject }
  | { mode: 'url'; message: string; url: string; elicitationId?: string };

/** What the person did; `content` comes with `accept` alone. */
export interface ElicitResult extends BaseResult {
  action: 'accept' | 'decline' | 'cancel';
  content?: Record<string, string | number | boolean | string[]>;
}

/** One message of a conversation with the client's model. */
export interface SamplingMessage {
  role: Role;
  content: JsonObject | JsonObject[];
}
/** A question for the client's model. `maxTokens` bounds the answer. */
export interface CreateMessageParams {
  messages: SamplingMessage[];
  maxTokens: number;
  systemPrompt?: string;
  temperature?: number;
  stopSequences?: string[];
  includeContext?: 'none' | 'thisServer' | 'allServers';
  modelPreferences?: JsonObject;
  metadata?: JsonObject;
  tools?: ToolDescription[];
  toolChoice?: { mode?: 'auto' | 'required' | 'none' };
}
/** What the client's model said. */
export interface CreateMessageResult extends BaseResult {
  role: Role;
  model: string;
  content: JsonObject | JsonObject[];
  stopReason?: string;
}
/** A folder the client works in: a `file://` URI. */
export interface Root {
  uri: string;
  name?: string;
}
export interface ListRootsResult extends BaseResult {
  roots: Root[];
}

/** How serious a log message is, least first: the levels of RFC 5424. */
export type LogLevel = 'debug' | 'info' | 'notice' | 'warning' | 'error' | 'critical' | 'alert' | 'emergency';

/** The kinds of change a `subscriptions/listen` stream can carry. */
export interface SubscriptionFilter {
  toolsListChanged?: boolean;
  promptsListChanged?: boolean;
  resourcesListChanged?: boolean;
  resourceSubscriptions?: string[];
}

/** Params of the list methods. */
export interface Paginated {
  cursor?: string;
}

/** Params and result of every request a client can send. Results are those of a completed request. */
export interface Methods {
  initialize: {
    params: { protocolVersion: string; capabilities: ClientCapabilities; clientInfo: Implementation };
    result: InitializeResult;
  };
  ping: { params: JsonObject; result: EmptyResult };
  'server/discover': { params: JsonObject; result: DiscoverResult };
  'subscriptions/listen': { params: { notifications: SubscriptionFilter }; result: EmptyResult };
  'tools/list': { params: Paginated; result: ListToolsResult };
  'tools/call': {
    params: { name: string; arguments?: JsonObject };
    result: CallToolResult | InputRequiredResult;
  };
  'resources/list': { params: Paginated; result: ListResourcesResult };
  'resources/templates/list': { params: Paginated; result: ListResourceTemplatesResult };
  'resources/read': { params: { uri: string }; result: ReadResourceResult | InputRequiredResult };
  'resources/subscribe': { params: { uri: string }; result: EmptyResult };
  'resources/unsubscribe': { params: { uri: string }; result: EmptyResult };
  'prompts/list': { params: Paginated; result: ListPromptsResult };
  'prompts/get': {
    params: { name: string; arguments?: Record<string, string> };
    result: GetPromptResult | InputRequiredResult;
  };
  'completion/complete': {
    params: {
      ref: { type: 'ref/prompt'; name: string } | { type: 'ref/resource'; uri: string };
      argument: { name: string; value: string };
      context?: { arguments?: Record<string, string> };
    };
    result: CompleteResult;
  };
  'logging/setLevel': { params: { level: LogLevel }; result: EmptyResult };
}

/** Notifications a client can send. They pass through the pipeline like requests, with no answer. */
export interface ClientNotifications {
  'notifications/initialized': JsonObject;
  'notifications/cancelled': { requestId?: RequestId; reason?: string };
  'notifications/progress': {
    progressToken: string | number;
    progress: number;
    total?: number;
    message?: string;
  };
  'notifications/roots/list_changed': JsonObject;
}

/** A notification on its way to a client. */
export interface ServerNotification {
  readonly method: string;
  readonly params?: JsonObject | undefined;
}

/** A request on its way to a client. */
export interface ServerRequest {
  readonly method: string;
  readonly params?: object | undefined;
}
