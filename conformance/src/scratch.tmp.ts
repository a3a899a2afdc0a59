import { readFile } from 'node:fs/promises';
import { createPair, judge } from './judge/verdict.ts';
const t0 = performance.now();
const pair = createPair(); const t1 = performance.now();
console.log('create', t1 - t0);
const tally = new Map<string, { n: number; ex: string[] }>();
for (const revision of ['2025-11-25', '2026-07-28']) {
  const cs = JSON.parse(await readFile(new URL(`../test/traffic/suite-${revision}.json`, import.meta.url), 'utf8'));
  await Promise.all(cs.map(async (c: any) => {
    const p = JSON.stringify(c).includes('test_trigger_') ? createPair() : pair;
    for (const v of await judge(c, p)) for (const d of v.unexplained) {
      const key = `${d.field} ours=${JSON.stringify(d.ours)?.slice(0, 150)} theirs=${JSON.stringify(d.theirs)?.slice(0, 150)}`;
      const t = tally.get(key) ?? { n: 0, ex: [] }; t.n++; t.ex.push(c.name + ' | ' + v.step.method + ' ' + v.step.body?.slice(0, 200)); tally.set(key, t);
    }
  }));
}
for (const [k, { n, ex }] of tally) console.log(n, k, '\n      ', ex[0]);
console.log('total', performance.now() - t1);
process.exit(0);
