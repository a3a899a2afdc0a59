import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

import { createApp, defineTool, type App, type AppOptions, type Principal } from '@toolyard/core';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK, type JWTPayload } from 'jose';
import { onTestFinished } from 'vitest';

import { createHttpHandler, type Authenticate, type Challenge, type HttpOptions } from '../../src/index.ts';
import { isChallenge } from '../../src/endpoint/auth.ts';

const who = defineTool({ name: 'who', run: (_args, call) => JSON.stringify(call.principal) });
const write = defineTool({ name: 'write', access: { scopes: ['tools:write'] }, run: () => 'written' });
const drop = defineTool({ name: 'drop', access: { scopes: ['tools:admin'] }, run: () => 'dropped' });

/** One tool for everybody, one for `tools:write`, one for `tools:admin`. */
export function toolsApp(options: Partial<AppOptions> = {}): App {
  return createApp({ name: 'tools', version: '1.0.0', ...options }).add(who, write, drop);
}

/** Listens on a free port until the test ends. */
export async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Serves an app whose options depend on its own URL, as audiences do. */
export async function serveAt(
  app: App<any, any>,
  optionsFor: (url: string) => HttpOptions,
): Promise<{ url: string; origin: string }> {
  let answer: RequestListener;
  const origin = await listen((request, response) => answer(request, response));
  const handler = createHttpHandler(app, optionsFor(`${origin}/mcp`));
  onTestFinished(() => handler.close({ deadlineMs: 0 }));
  answer = (request, response) => void handler.node(request, response);
  return { url: `${origin}/mcp`, origin };
}

/** The body of a request, as text. */
export async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}

/** Asks an `auth` function about a request with these headers. */
export async function ask(
  auth: Authenticate,
  headers: Record<string, string>,
  { url = '/mcp', address }: { url?: string; address?: string } = {},
): Promise<Principal | Challenge> {
  return auth({
    method: 'POST',
    url,
    header: (name) => headers[name.toLowerCase()],
    original: address === undefined ? undefined : { socket: { remoteAddress: address } },
  });
}

/** Asks about a bearer token: the id of the principal, or status and message of the refusal. */
export async function askAbout(auth: Authenticate, token: string): Promise<string> {
  const verdict = await ask(auth, { authorization: `Bearer ${token}` });
  return isChallenge(verdict) ? `${verdict.status} ${verdict.message}` : verdict.id;
}

/** A key pair of an issuer: its public half as JWK, and tokens signed with it. */
export interface TestKey {
  readonly jwk: JWK;
  readonly privateKey: CryptoKey;
  sign(claims: JWTPayload, header?: Record<string, unknown>): Promise<string>;
}

export async function testKey(kid: string, alg = 'ES256'): Promise<TestKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return {
    jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' },
    privateKey,
    sign: (claims, header) =>
      new SignJWT(claims).setProtectedHeader({ alg, kid, typ: 'at+jwt', ...header }).sign(privateKey),
  };
}
