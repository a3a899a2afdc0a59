import type { Call, Middleware, NoContext, Target } from '../call.ts';
import { AccessDeniedError, NotFoundError, ToolyardError } from '../errors.ts';
import { isRecord } from '../protocol/json-rpc.ts';
import type { JsonObject } from '../protocol/messages.ts';
import { mayKnow } from '../principal.ts';
import { createJudge, HIDDEN, type AuthorizeRule } from './authorize-rules.ts';
import {
  LISTED_SUBJECTS,
  subjectOfTarget,
  subjectOfUri,
  type AuthorizeSubject,
} from './authorize-subjects.ts';

/**
 * Decides who may use which tools, prompts and resources, and lists only those to each caller. All rules that concern
 * a definition have to hold, and its own `access` besides; what no rule concerns is left to that alone.
 *
 * To a caller without the role, or whom `allow` refuses, the definition does not exist; one without the scopes is
 * told which are needed. Use it for all methods, so that lists and calls agree, and before what answers in the place
 * of a handler, such as `cache`. Methods of extensions are not its business.
 *
 * Patterns compare URIs as text, to which `file:///a/../b` is not `file:///b`: a handler that resolves paths has to
 * check them itself.
 *
 * @throws {InvalidOptionError} for a rule that demands nothing, and for no rules.
 *
 * @example
 * ```ts
 * import { createApp } from '@toolyard/core';
 * import { authorize } from '@toolyard/core/middleware';
 *
 * createApp({ name: 'demo', version: '1.0.0' }).use(
 *   authorize(
 *     { names: ['admin_*', 'config://*'], roles: ['operator'] },
 *     { tags: ['writes'], scopes: ['files:write'] },
 *     { kinds: ['prompt'], allow: (_subject, call) => call.tenant !== undefined },
 *   ),
 * );
 * ```
 */
export function authorize<Needs extends object = NoContext>(
  ...rules: readonly AuthorizeRule<Needs>[]
): Middleware<NoContext, Needs> {
  const judge = createJudge(rules);

  async function demand(target: Target, call: Call<Needs>): Promise<void> {
    const { kind, name, definition } = target;
    const known = mayKnow(definition.access, call.principal);
    const verdict = known ? await judge(subjectOfTarget(target), call) : HIDDEN;
    if (verdict.kind === 'allowed') return;
    if (verdict.kind === 'hidden') throw new NotFoundError(kind, name, { hidden: true });
    const scopes = new Set([...verdict.scopes, ...(definition.access?.scopes ?? [])]);
    throw new AccessDeniedError(`the ${kind} "${name}"`, [...scopes]);
  }

  async function onlyAllowed<T>(
    items: readonly T[],
    subjectOf: (item: T) => AuthorizeSubject,
    call: Call<Needs>,
  ) {
    const verdicts = await Promise.all(items.map((item) => judge(subjectOf(item), call)));
    return items.filter((_item, index) => verdicts[index]?.kind === 'allowed');
  }

  /** A filter of `subscriptions/listen` without the resources this caller may not read. */
  async function onlyReadable(params: JsonObject, call: Call<Needs>): Promise<JsonObject> {
    const { notifications } = params;
    const uris = isRecord(notifications) ? notifications['resourceSubscriptions'] : undefined;
    // What does not have the right form is refused further in.
    if (!Array.isArray(uris) || !uris.every((uri) => typeof uri === 'string')) return params;
    const resourceSubscriptions = await onlyAllowed(uris, (uri) => subjectOfUri(uri, call), call);
    return { ...params, notifications: { ...(notifications as JsonObject), resourceSubscriptions } };
  }

  return async function checkAccess(call, next) {
    if (call.target) await demand(call.target, call);
    if (call.method === 'subscriptions/listen') {
      return next({ params: (await onlyReadable(call.params, call)) as typeof call.params });
    }
    const list = LISTED_SUBJECTS.get(call.method);
    const result = await next();
    if (!list) return result;
    const { field, subjectOf } = list;
    const items = isRecord(result) ? result[field] : undefined;
    if (!Array.isArray(items))
      throw new ToolyardError('INVALID_RESULT', `${call.method} was answered without "${field}".`);
    return withItems(
      result,
      field,
      await onlyAllowed(items, (item: JsonObject) => subjectOf(item, call), call),
    );
  };
}

// The field had items of this type before.
function withItems<Result>(result: Result, field: string, items: readonly unknown[]): Result {
  return { ...result, [field]: items };
}
