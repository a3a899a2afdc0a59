import type { JsonRpcMessage } from './json-rpc.ts';

/** Arrays that never change, and their JSON once it was asked for. */
const texts = new WeakMap<readonly unknown[], string | undefined>();

/** Freezes an array that will be part of many answers, so that its JSON is written once. Its items must not change. */
export function share<T>(items: T[]): T[] {
  texts.set(Object.freeze(items), undefined);
  return items;
}

/** Whether {@link share} has seen this value. */
export function isShared(value: unknown): boolean {
  return Array.isArray(value) && texts.has(value);
}

/** `JSON.stringify` for a message or a batch, with the JSON of lists that many clients get taken from where it was kept. */
export function stringifyMessage(message: JsonRpcMessage | readonly JsonRpcMessage[]): string {
  if (isBatch(message)) return `[${message.map(stringifyMessage).join()}]`;
  if (!('result' in message)) return JSON.stringify(message);
  const { result } = message;
  for (const key in result) {
    if (!isShared(result[key])) continue;
    const { [key]: items, ...rest } = result;
    const text = `{${JSON.stringify(key)}:${textOf(items as readonly unknown[])}`;
    const others = JSON.stringify(rest);
    const whole = others === '{}' ? `${text}}` : `${text},${others.slice(1)}`;
    return `{"jsonrpc":"2.0","id":${JSON.stringify(message.id)},"result":${whole}}`;
  }
  return JSON.stringify(message);
}

function isBatch(message: JsonRpcMessage | readonly JsonRpcMessage[]): message is readonly JsonRpcMessage[] {
  return Array.isArray(message);
}

function textOf(items: readonly unknown[]): string {
  const known = texts.get(items);
  if (known !== undefined) return known;
  const text = JSON.stringify(items);
  texts.set(items, text);
  return text;
}
