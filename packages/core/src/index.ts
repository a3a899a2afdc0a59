// This list is the public API of @toolyard/core.
export {
  createApp,
  type App,
  type Listing,
  type Mountable,
  type Reference,
  type Subscriber,
} from './app/app.ts';
export type { AppOptions } from './app/create-core.ts';
export type { AppEvents, AppListener } from './app/events.ts';
export { defineMethod, type Extension, type ExtensionMethod } from './app/extension.ts';
export type { CallOptions } from './app/in-process.ts';
export { definePlugin, type Plugin } from './app/plugin.ts';
export type { Change } from './app/hub.ts';
export type { Awaitable } from './awaitable.ts';
export type {
  Call,
  CallOf,
  Changes,
  InputAnswer,
  InputSpec,
  MethodMiddleware,
  MethodName,
  Middleware,
  Next,
  NoContext,
  ParamsOf,
  Progress,
  ResultOf,
  Target,
} from './call.ts';
export { systemClock, type Clock, type TimeoutHandle, type Timer } from './clock.ts';
export type { Dispatcher } from './dispatcher.ts';
export {
  AccessDeniedError,
  CancelledError,
  DefinitionError,
  InvalidOptionError,
  InvalidParamsError,
  isProtocolError,
  isToolError,
  LimitExceededError,
  MethodNotFoundError,
  MissingCapabilityError,
  NotFoundError,
  ProtocolError,
  ShutdownError,
  TimeoutError,
  ToolError,
  ToolyardError,
} from './errors.ts';
export type { Exchange, OpenCall, Peer, Session, SessionRecord } from './exchange.ts';
export { silentLogger, type Logger, type LogFields } from './logger.ts';
export { anonymous, local, callerKey, principalKey, type Access, type Principal } from './principal.ts';
// What inferred types are made of: without names for these, exporting a tool fails with TS2883 under `declaration`.
export type {
  CallToolResult,
  ContentBlock,
  CreateMessageResult,
  JsonObject,
  PromptMessage,
  ResourceContents,
  Root,
} from './protocol/messages.ts';
export { definePrompt, type Prompt, type Prompted, type PromptOptions } from './registry/prompt.ts';
export type { Definition, DefinitionKind } from './registry/registry.ts';
export {
  defineResource,
  type Completer,
  type Readable,
  type Resource,
  type StaticResourceOptions,
  type TemplateResourceOptions,
  type TemplateVariables,
  type VariableNames,
} from './registry/resource.ts';
export {
  jsonSchema,
  type Schema,
  type SchemaInput,
  type SchemaIssue,
  type SchemaOutput,
} from './registry/schema.ts';
export type { InputLimits } from './registry/argument-limits.ts';
export {
  defineTool,
  type EmptySchema,
  type ErrorContract,
  type InferInput,
  type InferOutput,
  type Returned,
  type Tool,
  type ToolOptionsWithOutput,
  type ToolOptionsWithoutOutput,
} from './registry/tool.ts';
export {
  audio,
  embeddedResource,
  image,
  resourceLink,
  result,
  text,
  type ContentOptions,
  type FullResult,
} from './results.ts';
export { ServerRequests, type ServerRequestsOptions } from './server-requests.ts';
export type { Store, StoreWriteOptions } from './store.ts';
