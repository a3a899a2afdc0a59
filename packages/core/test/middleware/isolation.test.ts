// Caches, limits and claims never cross principals or tenants, whatever these are called.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineTool, type Call, type Principal } from '../../src/index.ts';
import { cache, concurrency, idempotency, rateLimit } from '../../src/middleware.ts';
import { callerKey } from '../../src/principal.ts';
import { memoryStore } from '../../src/stores.ts';
import { fakeClock } from '../../src/testing.ts';
import { settled, testApp } from '../helpers.ts';

interface Caller {
  readonly principal: Principal;
  readonly tenant: string | undefined;
}

// Few enough that they meet, and each is the separator, the escape or the absence of something.
const NASTY = [
  'a',
  'b',
  'A',
  '',
  ' ',
  'a b',
  'a,b',
  '"',
  '\\',
  '"a"',
  '["a"]',
  'null',
  'undefined',
  '\n',
  '\u0000',
  ':',
  '*',
  '__proto__',
  '\ud800',
  '\ud801',
  'é',
  'e\u0301',
];
const part = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...NASTY) },
  fc.string({ unit: 'binary', maxLength: 4 }),
);
const optional = fc.option(part, { nil: undefined });

type Parts = Record<'id' | 'issuer' | 'clientId' | 'tenant', string | undefined>;

function callerOf({ id = '', issuer, clientId, tenant }: Parts): Caller {
  return { principal: { id, issuer, clientId, scopes: [] }, tenant };
}

/** Callers that differ in one part or two: the ones that are easily taken for each other. */
const callers = fc
  .tuple(
    fc.record<Parts>({ id: part, issuer: optional, clientId: optional, tenant: optional }),
    fc.array(fc.tuple(fc.constantFrom('id', 'issuer', 'clientId', 'tenant'), optional), {
      minLength: 1,
      maxLength: 8,
    }),
  )
  .map(([first, changes]) => {
    const all = [first];
    for (const [name, value] of changes) all.push({ ...all[Math.floor(all.length / 2)]!, [name]: value });
    return [...new Map(all.map(callerOf).map((who) => [identityOf(who), who])).values()];
  });

/** A few callers, and calls that they make. */
const scene = callers.chain((known) =>
  fc.array(
    fc.record({
      caller: fc.constantFrom(...known),
      tool: fc.constantFrom('first', 'second'),
      args: fc.constantFrom({}, { a: 1 }, { a: '1' }, { a: null }, { ['__proto__']: 1 }),
      key: fc.constantFrom('k', 'l', '\ud800'),
      turns: fc.nat(3),
    }),
    { minLength: 5, maxLength: 40 },
  ),
);

/** Written out independently of what is tested: two callers are the same only if every part of them is. */
function identityOf({ principal, tenant }: Pick<Call, 'principal' | 'tenant'>): string {
  const parts = [tenant, principal.issuer, principal.id, principal.clientId];
  return parts.map((text) => (text === undefined ? '-' : `+${unitsOf(text)}`)).join('|');
}

function unitsOf(text: string): string {
  return Array.from({ length: text.length }, (_, index) => text.charCodeAt(index).toString(16)).join('_');
}

/** Tools that say who called them with what, after a while. */
function tellingTools() {
  return ['first', 'second'].map((name) =>
    defineTool({
      name,
      annotations: { readOnlyHint: true },
      input: z.looseObject({}),
      async run(_args, call) {
        for (let turn = 0; turn < 3; turn++) await settled();
        // As sent: zod drops `__proto__`.
        return {
          tool: name,
          args: Object.entries(call.params['arguments'] as object),
          who: identityOf(call),
        };
      },
    }),
  );
}

function optionsOf({ principal, tenant }: Caller) {
  return { principal, ...(tenant !== undefined && { tenant }) };
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : error;
}

function told(answer: unknown): unknown {
  return JSON.stringify(answer);
}

const runs = { numRuns: process.env['TOOLYARD_PROOF'] ? 2_000 : 60 };

test('two callers never share a key', () => {
  fc.assert(
    fc.property(callers, (all) => {
      expect(new Set(all.map(callerKey)).size).toBe(all.length);
      expect(callerKey(structuredClone(all[0]!))).toBe(callerKey(all[0]!));
    }),
    { numRuns: 2_000 },
  );
});

describe('whatever comes in whatever order', () => {
  test("a cached result is the caller's own", async () => {
    await fc.assert(
      fc.asyncProperty(scene, async (calls) => {
        const clock = fakeClock();
        const app = testApp({ clock })
          .use('tools/call', cache({ store: memoryStore({ clock }), ttlMs: 60_000 }))
          .add(...tellingTools());
        const answers = await Promise.all(
          calls.map(async ({ caller: who, tool, args, turns }) => {
            for (let turn = 0; turn < turns; turn++) await settled();
            return app.call(tool, args, optionsOf(who));
          }),
        );
        for (const [index, { caller: who, tool, args }] of calls.entries()) {
          expect(answers[index]).toEqual({
            tool,
            args: Object.entries(args),
            who: identityOf(who),
          });
        }
      }),
      runs,
    );
  });

  test("the result of an idempotency key is the caller's own, and nobody else keeps it from running", async () => {
    await fc.assert(
      fc.asyncProperty(scene, fc.boolean(), async (calls, together) => {
        const clock = fakeClock();
        const app = testApp({ clock })
          .use('tools/call', idempotency({ store: memoryStore({ clock }), ttlMs: 60_000 }))
          .add(...tellingTools());
        const known = new Set<string>();
        const attempt = async ({ caller: who, tool, args, key }: (typeof calls)[number]) => {
          const own = [identityOf(who), tool, unitsOf(key)].join('/');
          const isFirst = !known.has(own);
          known.add(own);
          const meta = { 'toolyard/idempotencyKey': key };
          const outcome = await app.call(tool, args, { ...optionsOf(who), meta }).then(told, codeOf);
          const expected = [told({ tool, args: Object.entries(args), who: identityOf(who) })];
          // Only a call of one's own can be in the way, and one after the other the first of them never is.
          if (together || !isFirst) expected.push('IN_PROGRESS', 'IDEMPOTENCY_KEY_REUSED');
          expect(expected).toContain(outcome);
        };
        if (together) await Promise.all(calls.map(attempt));
        else for (const call of calls) await attempt(call);
      }),
      runs,
    );
  });

  test.each([false, true])(
    "a rate limit counts the caller's own calls alone (shared limiter: %s)",
    async (shared) => {
      await fc.assert(
        fc.asyncProperty(scene, fc.integer({ min: 1, max: 4 }), async (calls, points) => {
          const counts = new Map<string, number>();
          const limiter = {
            async consume(key: string) {
              counts.set(key, (counts.get(key) ?? 0) + 1);
              if (counts.get(key)! > points) throw { msBeforeNext: 1_000 }; // oxlint-disable-line no-throw-literal -- as limiters do
            },
          };
          const clock = fakeClock();
          const app = testApp({ clock })
            .use(rateLimit(shared ? { limiter } : { points, durationMs: 1_000 }))
            .add(...tellingTools());
          const made = new Map<string, number>();
          for (const { caller: who, tool } of calls) {
            const own = identityOf(who);
            made.set(own, (made.get(own) ?? 0) + 1);
            const outcome = await app.call(tool, {}, optionsOf(who)).then(() => 'passed', codeOf);
            expect(outcome).toBe(made.get(own)! <= points ? 'passed' : 'LIMIT_EXCEEDED');
          }
        }),
        runs,
      );
    },
  );

  test("a concurrency limit counts the caller's own calls alone", async () => {
    await fc.assert(
      fc.asyncProperty(scene, fc.integer({ min: 1, max: 3 }), async (calls, perPrincipal) => {
        const running: { readonly who: string; readonly end: () => void }[] = [];
        const held = defineTool({
          name: 'held',
          run: (_args, call) => new Promise<void>((end) => running.push({ who: identityOf(call), end })),
        });
        const app = testApp().use(concurrency({ perPrincipal })).add(held);
        for (const { caller: who, turns } of calls) {
          const own = identityOf(who);
          const before = running.filter((run) => run.who === own).length;
          const call = app.call(held, {}, optionsOf(who)).then(() => 'ended', codeOf);
          const outcome = await Promise.race([call, settled().then(() => 'running')]);
          expect(outcome).toBe(before < perPrincipal ? 'running' : 'LIMIT_EXCEEDED');
          expect(running.filter((run) => run.who === own).length).toBe(Math.min(before + 1, perPrincipal));
          if (turns === 0) {
            running.shift()?.end();
            await settled();
          }
        }
        for (const { end } of running) end();
      }),
      runs,
    );
  });
});
