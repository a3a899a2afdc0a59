import { jwtVerify, SignJWT, errors } from 'jose';

import type { Clock } from '../clock.ts';
import { digest } from '../digest.ts';
import { InvalidOptionError, InvalidParamsError } from '../errors.ts';
import type { JsonObject } from '../protocol/messages.ts';
import { callerKey, type Principal } from '../principal.ts';

/** What a state is bound to. It opens only for the same principal asking for the same thing. */
export interface StateBinding {
  readonly principal: Principal;
  readonly tenant: string | undefined;
  readonly method: string;
  readonly params: JsonObject;
}

/** Answers of earlier rounds, by key. */
export type Answers = Readonly<Record<string, JsonObject>>;

const encoder = new TextEncoder();

/**
 * Seals the answers of a multi round trip into the `requestState` a client carries, as a JWT signed with HS256. The
 * client can read it and cannot change it.
 *
 * @see https://modelcontextprotocol.io/specification/2026-07-28/basic/utilities/mrtr
 */
export class RequestStateCodec {
  readonly #keys: readonly [Uint8Array, ...Uint8Array[]];
  readonly #clock: Clock;
  readonly #ttlSeconds: number;

  /** @param secrets - the first signs, all open; at least 32 characters each. Without any, a random one is made. */
  constructor(secrets: readonly string[], clock: Clock, ttlSeconds: number) {
    for (const secret of secrets) {
      if (secret.length < 32)
        throw new InvalidOptionError('secrets', 'must have at least 32 characters each');
    }
    const [first, ...others] = secrets.map((secret) => encoder.encode(secret));
    this.#keys = [first ?? crypto.getRandomValues(new Uint8Array(32)), ...others];
    this.#clock = clock;
    this.#ttlSeconds = ttlSeconds;
  }

  async seal(answers: Answers, binding: StateBinding): Promise<string> {
    const nowSeconds = Math.floor(this.#clock.now() / 1000);
    return new SignJWT({ answers })
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject(callerKey(binding))
      .setAudience(await audienceOf(binding))
      .setExpirationTime(nowSeconds + this.#ttlSeconds)
      .sign(this.#keys[0]);
  }

  /** @throws {InvalidParamsError} when the state is forged, expired, or belongs to another principal or request. */
  async open(state: unknown, binding: StateBinding): Promise<Answers> {
    if (typeof state !== 'string') throw invalidState();
    const options = {
      subject: callerKey(binding),
      audience: await audienceOf(binding),
      currentDate: new Date(this.#clock.now()),
      algorithms: ['HS256'],
    };
    for (const key of this.#keys) {
      try {
        const { payload } = await jwtVerify<{ answers: Answers }>(state, key, options);
        return payload.answers;
      } catch (error) {
        if (error instanceof errors.JWSSignatureVerificationFailed) continue;
        throw invalidState();
      }
    }
    throw invalidState();
  }
}

function invalidState(): InvalidParamsError {
  const message = 'requestState is not valid for this request; send the request again without it.';
  return new InvalidParamsError(message, { reason: 'invalid_request_state' });
}

async function audienceOf({ method, params }: StateBinding): Promise<string> {
  const { _meta, inputResponses, requestState, ...request } = params;
  return `${method} ${await digest(request)}`;
}
