import fc from 'fast-check';
import { createPair, judge } from './judge/verdict.ts';
import { mutate, type Mutation } from './judge/mutate.ts';
import { modern, inSession, opening, request } from './judge/traffic.ts';
import { examples } from '../test/traffic/examples.ts';
const pair = createPair();
const bases = [{ method: 'server/discover', params: {} }, ...examples, { method: 'tools/call', params: { name: 'route', arguments: { region: 'eu' } } }];
const value = fc.oneof(fc.constantFrom(null, 0, -1, 1.5, '', 'x', [], {}, true, false, '2025-11-25', '2026-07-28', '2027-01-01', 2 ** 53, ['a'], { a: 1 }), fc.jsonValue());
const place = fc.nat(40);
const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.record({ kind: fc.constant('delete' as const), place }),
  fc.record({ kind: fc.constant('replace' as const), place, value }),
  fc.record({ kind: fc.constant('add' as const), place, value }),
  fc.record({ kind: fc.constant('header' as const), place, value: fc.constantFrom(undefined, '', 'x', 'add', 'tools/call', 'tools/list', '2025-11-25', '2026-07-28', '=?base64?YWRk?=', 'application/json', 'text/event-stream') }),
);
const tally = new Map<string, string[]>();
const N = Number(process.argv[2] ?? 2000);
const samples = fc.sample(fc.tuple(fc.nat(bases.length - 1), fc.constant(process.argv[4] === "legacy"), fc.array(mutation, { minLength: 1, maxLength: 3 })), { numRuns: N, seed: Number(process.argv[3] ?? 1) });
const t0 = performance.now();
for (let i = 0; i < samples.length; i += 20) await Promise.all(samples.slice(i, i + 20).map(async ([b, legacy, ms]) => {
  const { method, params } = bases[b]!;
  const headers = method === 'tools/call' && (params as any).name === 'route' ? { 'mcp-param-region': 'eu' } : {};
  const c = legacy ? { name: 'x', steps: [...opening(), mutate(inSession(request(method, params)), ms)] } : { name: 'x', steps: [mutate(modern(method, params, { headers }), ms)] };
  const v = (await judge(c, pair)).at(-1)!;
  for (const d of v.unexplained) { if (d.field !== 'answer') continue;
    const key = `${legacy ? 'legacy' : 'modern'} ours=${d.ours} theirs=${d.theirs}`;
    tally.set(key, [...(tally.get(key) ?? []), `${v.step.body!.slice(0, 300)}\n             ${JSON.stringify(v.step.headers)}`]);
  }
}));
console.log(N, Math.round(performance.now() - t0), 'ms');
for (const [k, ex] of [...tally].sort((a, b) => b[1].length - a[1].length)) console.log(ex.length, k, [...ex].sort((a, b) => a.length - b.length).slice(0, 3).map((e) => '\n       ' + e).join(''));
process.exit(0);
