import { readFile } from 'node:fs/promises';
import { createPair, judge } from './judge/verdict.ts';
import { modernTraffic } from '../test/traffic/modern.ts';
import { headerTraffic } from '../test/traffic/headers.ts';
import { httpTraffic } from '../test/traffic/http.ts';
import { sessionTraffic } from '../test/traffic/sessions.ts';
import { questionTraffic } from '../test/traffic/questions.ts';
import { subscriptionTraffic } from '../test/traffic/subscriptions.ts';
import { authenticationTraffic } from '../test/traffic/authentication.ts';
const sets: Record<string, readonly any[]> = { modern: modernTraffic, headers: headerTraffic, http: httpTraffic, sessions: sessionTraffic, questions: questionTraffic, subscriptions: subscriptionTraffic, auth: authenticationTraffic };
for (const revision of ['2025-11-25', '2026-07-28']) sets[revision] = JSON.parse(await readFile(new URL(`../test/traffic/suite-${revision}.json`, import.meta.url), 'utf8'));
const which = (process.argv[2] || undefined)?.split(',') ?? Object.keys(sets);
const limit = Number(process.argv[3] ?? 3);
const used = new Map<string, number>();
for (const name of which) {
  const t0 = performance.now();
  const cs = sets[name]!;
  const pair = createPair({ authenticated: name === 'auth' });
  const tally = new Map<string, string[]>();
  let steps = 0;
  for (let i = 0; i < cs.length; i += 40) await Promise.all(cs.slice(i, i + 40).map(async (c: any) => {
    const p = JSON.stringify(c).includes('test_trigger_') ? createPair() : pair;
    steps += c.steps.length;
    const ts = performance.now(); const vs = await judge(c, p); if (performance.now() - ts > 1500) console.log('SLOW', Math.round(performance.now() - ts), c.name);
    for (const v of vs) { for (const f of v.found) used.set(f, (used.get(f) ?? 0) + 1); for (const d of v.unexplained) {
      
      const gen = (x: unknown) => JSON.stringify(x)?.slice(0, 110).replace(/\d+/g, "#"); const key = `${d.field.replace(/\d+/g, "#")} ours=${gen(d.ours)} theirs=${gen(d.theirs)}`; const key0 = `${d.field} ours=${JSON.stringify(d.ours)?.slice(0, 150)} theirs=${JSON.stringify(d.theirs)?.slice(0, 110)}`;
      const ex = `${c.name} | ${v.step.method} ${v.step.body?.slice(0, 100)} | ${v.ours.status}/${v.theirs.status}`;
      tally.set(key, [...(tally.get(key) ?? []), ex]);
    } }
  }));
  console.log(`=== ${name}: ${cs.length} conversations, ${steps} steps, ${Math.round(performance.now() - t0)} ms`);
  for (const [k, ex] of [...tally].sort((a, b) => a[0].localeCompare(b[0]))) console.log(ex.length, k, ex.slice(0, limit).map((e) => '\n        ' + e).join(''));
}
console.log(used);
process.exit(0);
