import type { Call, NoContext } from '../call.ts';
import { InvalidOptionError } from '../errors.ts';
import { mayKnow, missingScopes } from '../principal.ts';
import type { AuthorizeSubject } from './authorize-subjects.ts';
import { orAborted } from '../abort.ts';

/**
 * What is demanded (`scopes`, `roles`, `allow`: all that are given) for which definitions (`names`, `kinds`, `tags`,
 * `when`: those that fit all that are given; without any, all).
 */
export interface AuthorizeRule<Needs extends object = NoContext> {
  /** Names of tools and prompts, URIs or templates of resources; `*` stands for any text. */
  readonly names?: string | readonly string[] | undefined;
  readonly kinds?: readonly AuthorizeSubject['kind'][] | undefined;
  /** Tools with at least one of these tags. */
  readonly tags?: readonly string[] | undefined;
  readonly when?: ((subject: AuthorizeSubject) => boolean) | undefined;
  /** All of these are needed. */
  readonly scopes?: readonly string[] | undefined;
  /** One of these is needed. */
  readonly roles?: readonly string[] | undefined;
  /** Asked for each call and each item of a list: keep it quick. */
  readonly allow?: ((subject: AuthorizeSubject, call: Call<Needs>) => boolean | Promise<boolean>) | undefined;
}

/** `hidden`: to this caller it does not exist. `scopes`: it does, and these are needed. */
export type Verdict =
  | { readonly kind: 'allowed' }
  | { readonly kind: 'hidden' }
  | { readonly kind: 'denied'; readonly scopes: readonly string[] };

export const HIDDEN: Verdict = { kind: 'hidden' };
const ALLOWED: Verdict = { kind: 'allowed' };

/** What the rules say together. */
export function createJudge<Needs extends object>(
  rules: readonly AuthorizeRule<Needs>[],
): (subject: AuthorizeSubject, call: Call<Needs>) => Promise<Verdict> {
  if (rules.length === 0) throw new InvalidOptionError('rules', 'must not be empty');
  const compiled = rules.map((rule) => ({ ...rule, concerns: compileSelection(rule) }));

  return async (subject, call) => {
    const lacking = new Set<string>();
    for (const { concerns, allow, roles, scopes = [] } of compiled) {
      if (!concerns(subject)) continue;
      if (!mayKnow({ roles }, call.principal)) return HIDDEN;
      const answer = allow?.(subject, call) ?? true;
      if (!(typeof answer === 'boolean' ? answer : await orAborted(call.signal, answer))) return HIDDEN;
      if (missingScopes({ scopes }, call.principal).length > 0) scopes.forEach((scope) => lacking.add(scope));
    }
    return lacking.size === 0 ? ALLOWED : { kind: 'denied', scopes: [...lacking] };
  };
}

function compileSelection<Needs extends object>(
  rule: AuthorizeRule<Needs>,
): (subject: AuthorizeSubject) => boolean {
  const { names, kinds, tags, when, scopes, roles, allow } = rule;
  if (!scopes && !roles && !allow) throw new InvalidOptionError('rule', 'has to have scopes, roles or allow');
  for (const [option, values] of Object.entries({ names, kinds, tags, scopes, roles })) {
    if (values?.length === 0) throw new InvalidOptionError(option, 'must not be empty');
  }
  const patterns = (typeof names === 'string' ? [names] : names)?.map((name) => name.split('*'));
  return (subject) => {
    const { name, template, kind } = subject;
    if (
      patterns &&
      !patterns.some((parts) => fits(parts, name) || (template !== undefined && fits(parts, template)))
    ) {
      return false;
    }
    if (kinds && !kinds.includes(kind)) return false;
    if (tags && !tags.some((tag) => subject.tags.includes(tag))) return false;
    return when?.(subject) ?? true;
  };
}

/** Whether `text` is the parts in order, with any text between. Not a RegExp: this takes linear time on any text. */
function fits([first = '', ...rest]: readonly string[], text: string): boolean {
  const last = rest.pop();
  if (last === undefined) return text === first;
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last))
    return false;
  const end = text.length - last.length;
  let from = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, from);
    if (found < 0 || found + part.length > end) return false;
    from = found + part.length;
  }
  return true;
}
