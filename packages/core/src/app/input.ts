import type { InputAnswer, InputSpec } from '../call.ts';
import {
  InvalidOptionError,
  InvalidParamsError,
  MissingCapabilityError,
  ToolError,
  ToolyardError,
} from '../errors.ts';
import { missingCapabilities } from '../protocol/capabilities.ts';
import { isRecord } from '../protocol/json-rpc.ts';
import type {
  CreateMessageParams,
  CreateMessageResult,
  ElicitParams,
  InputRequest,
  InputRequiredResult,
  JsonObject,
  Root,
} from '../protocol/messages.ts';
import { extentWithin } from '../registry/argument-limits.ts';
import { describeIssues, toJsonSchema, validatorOf, type Schema } from '../registry/schema.ts';
import type { CallView } from './call-view.ts';

/** Ends a run whose questions have no answer yet. The pipeline never sees it: it becomes a result. */
export class InputRequired extends ToolyardError {
  constructor() {
    super(
      'INPUT_REQUIRED',
      'The handler waits for input. Let this error pass: the handler runs again with the answer.',
    );
  }
}

/** Questions one run may leave open. */
const MAX_QUESTIONS = 32;
/** Answers a client may bring, with those of earlier rounds. */
const MAX_ANSWERS = 256;

export async function askForInput(
  call: CallView,
  key: string,
  spec: InputSpec,
): Promise<InputAnswer<unknown>> {
  const request: InputRequest = { method: 'elicitation/create', params: elicitationOf(call, spec) };
  const answer = await ask(call, key, request, isElicitResult);
  if (answer['action'] !== 'accept') return { action: answer['action'] === 'decline' ? 'decline' : 'cancel' };
  if (spec.schema === undefined) return { action: 'accept', content: undefined };
  const checked = await validatorOf(spec.schema)(answer['content']);
  if (!checked.issues) return { action: 'accept', content: checked.value };
  const problem = `The answer to "${key}" does not fit: ${describeIssues(checked.issues)}`;
  // Where the answer came as a response of its own, nothing is wrong with the params of this request.
  throw call.state.exchange.request
    ? new ToolError('INVALID_ANSWER', problem)
    : new InvalidParamsError(problem);
}

export async function askModel(
  call: CallView,
  params: CreateMessageParams,
  key?: string,
): Promise<CreateMessageResult> {
  const answer = await ask(
    call,
    key ?? nextKey(call),
    { method: 'sampling/createMessage', params },
    isMessage,
  );
  return answer as unknown as CreateMessageResult;
}

export async function askForRoots(call: CallView, key?: string): Promise<readonly Root[]> {
  const answer = await ask(call, key ?? nextKey(call), { method: 'roots/list' }, hasRoots);
  return answer['roots'] as Root[];
}

/** Clients that hold a connection are asked on the spot; others get the question as the result of this run. */
async function ask(
  call: CallView,
  key: string,
  question: InputRequest,
  fits: (answer: JsonObject) => boolean,
): Promise<JsonObject> {
  const { state } = call;
  const request = state.mask ? (state.mask(question, 'text') as InputRequest) : question;
  const missing = missingCapabilities(request, state.client.capabilities);
  if (missing) throw new MissingCapabilityError(missing);

  const { exchange } = state;
  state.asked = true;
  if (exchange.request) {
    const answer = await state.withoutTimeout(() => exchange.request!(request, call.signal));
    if (fits(answer)) return answer;
    throw new ToolError('INVALID_ANSWER', `The client answered ${request.method} with something else.`);
  }
  if (exchange.era === 'legacy') throw new MissingCapabilityError({ session: {} });

  // Middleware may ask before the handler runs. Questions that are asked at once have to be noted at once.
  if (!state.hasAnswers && bringsAnswers(call)) await restoreAnswers(call);
  const answer = Object.hasOwn(state.answers, key) ? state.answers[key] : undefined;
  if (answer && fits(answer)) return answer;
  const questions = (state.questions ??= new Map());
  if (questions.size <= MAX_QUESTIONS) questions.set(key, request);
  throw new InputRequired();
}

/** Whether the request continues an earlier one. In the 2025 era params of these names are nobody's. */
export function bringsAnswers({ state }: CallView): boolean {
  const { inputResponses, requestState } = state.params;
  return state.exchange.era === 'modern' && (inputResponses !== undefined || requestState !== undefined);
}

/** Reads what the client brought, once: the answers of earlier rounds from its state, and the new ones. */
export async function restoreAnswers(call: CallView): Promise<void> {
  if (call.state.hasAnswers || !bringsAnswers(call)) return;
  call.state.hasAnswers = true;
  const { inputResponses, requestState } = call.state.params;
  const { excess } = extentWithin(call.state.core.settings.inputLimits)(inputResponses);
  if (excess)
    throw new InvalidParamsError(`${['params.inputResponses', ...excess.path].join('.')}: ${excess.message}`);
  const earlier =
    requestState === undefined ? {} : await call.state.core.requestState.open(requestState, bindingOf(call));
  const brought = isRecord(inputResponses)
    ? Object.entries(inputResponses).filter((entry): entry is [string, JsonObject] => isRecord(entry[1]))
    : [];
  call.state.answers = Object.fromEntries([...Object.entries(earlier), ...brought].slice(0, MAX_ANSWERS));
}

/** The result that asks the client the open questions of this run. */
export async function inputRequiredResult(call: CallView): Promise<InputRequiredResult> {
  const { questions, answers, core } = call.state;
  if (questions && questions.size > MAX_QUESTIONS) {
    throw new InvalidOptionError('requireInput', `asks more than ${MAX_QUESTIONS} questions at once`);
  }
  return {
    resultType: 'input_required',
    inputRequests: Object.fromEntries(questions ?? []),
    requestState: await core.requestState.seal(answers, bindingOf(call)),
  };
}

function bindingOf({ state }: CallView) {
  const { principal, tenant } = state.exchange;
  return { principal, tenant, method: state.method, params: state.params };
}

function nextKey({ state }: CallView): string {
  state.unnamedQuestions += 1;
  return `input-${state.unnamedQuestions}`;
}

function elicitationOf(call: CallView, { message, schema, url }: InputSpec): ElicitParams {
  if (schema === undefined) {
    const needsId = call.state.protocolVersion === '2025-11-25';
    return { mode: 'url', message, url, ...(needsId && { elicitationId: crypto.randomUUID() }) };
  }
  // Servers before 2025-11-25 knew no modes, and clients of that time refuse the field.
  const mode = call.state.protocolVersion >= '2025-11-25' ? { mode: 'form' as const } : {};
  return { ...mode, message, requestedSchema: formSchema(schema) };
}

/** The flat form schema that clients can draw. */
function formSchema(schema: Schema): JsonObject {
  const json = toJsonSchema(schema, 'input', 'requireInput');
  const properties = isRecord(json['properties']) ? json['properties'] : undefined;
  if (json['type'] !== 'object' || !properties) {
    throw new InvalidOptionError('requireInput schema', 'must be an object with properties');
  }
  for (const [name, property] of Object.entries(properties)) {
    if (isRecord(property) && (property['type'] === 'object' || 'properties' in property)) {
      throw new InvalidOptionError(
        `requireInput schema: ${name}`,
        'must be a string, number, boolean or choice; forms are flat',
      );
    }
  }
  return {
    type: 'object',
    properties: Object.fromEntries(
      Object.entries(properties).map(([name, property]) => [name, formField(property)]),
    ),
    ...(Array.isArray(json['required']) && { required: json['required'] }),
  };
}

// zod writes a pattern beside each format; clients accept the format alone.
function formField(property: unknown): unknown {
  if (!isRecord(property) || property['format'] === undefined) return property;
  const { pattern: _pattern, ...field } = property;
  return field;
}

function isElicitResult({ action }: JsonObject): boolean {
  return action === 'accept' || action === 'decline' || action === 'cancel';
}
function isMessage({ role, content, model }: JsonObject): boolean {
  return (role === 'assistant' || role === 'user') && content !== undefined && typeof model === 'string';
}
function hasRoots({ roots }: JsonObject): boolean {
  return Array.isArray(roots);
}
