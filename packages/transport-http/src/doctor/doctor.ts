import { CHECKS, type Check } from './checks.ts';
import { Examination } from './examination.ts';
import { NoAnswerError } from './http.ts';
import { settingsOf, type DoctorOptions, type DoctorSettings } from './options.ts';
import { withoutSecrets } from './redact.ts';
import type { CheckName, DoctorCheck, DoctorReport, Remedy, Verdict } from './report.ts';

/**
 * Examines an MCP endpoint from where its clients are, and tells which setting of nginx, Traefik or Cloudflare is to
 * blame for what it finds.
 *
 * It calls no tool. It sends about forty small requests and one of 1 MiB, opens a session of the 2025 era and ends it,
 * follows no redirect, and sends `headers` to the origin of `url` alone, never over plain http to another machine unless
 * told to.
 *
 * @returns a report also where nothing answers; `ok` tells whether anything failed.
 * @throws {InvalidOptionError} `INVALID_OPTION`; and the reason of `signal`, when that aborts.
 *
 * @example
 * ```ts
 * import { doctor } from '@toolyard/transport-http/doctor';
 *
 * const { ok, checks } = await doctor('https://tools.example/mcp', { idleMs: 35_000 });
 * if (!ok) throw new Error(checks.find(({ status }) => status === 'fail')?.summary);
 * ```
 */
export async function doctor(url: string | URL, options: DoctorOptions = {}): Promise<DoctorReport> {
  const settings = settingsOf(url, options);
  const { clock } = settings;
  const startedAt = new Date(clock.now()).toISOString();
  const begin = clock.monotonic();
  using deadline = clock.timeout(settings.deadlineMs);
  const signals = [deadline.signal, ...(settings.signal ? [settings.signal] : [])];
  const examination = new Examination(settings, AbortSignal.any(signals));
  const checks: DoctorCheck[] = [];
  const blocked = new Map<CheckName, CheckName>();
  try {
    for (const check of CHECKS) {
      settings.signal?.throwIfAborted();
      const checkBegin = clock.monotonic();
      const verdict = await verdictOf(check, examination, blocked, deadline.signal);
      if (verdict.status === 'fail') blocked.set(check.name, check.name);
      const durationMs = Math.round(clock.monotonic() - checkBegin);
      checks.push({ facts: {}, remedies: [], ...verdict, name: check.name, durationMs });
    }
  } finally {
    await examination.close();
  }
  const { proxy } = examination;
  const report = {
    url: settings.url.origin + settings.url.pathname,
    startedAt,
    durationMs: Math.round(clock.monotonic() - begin),
    ok: checks.every(({ status }) => status !== 'fail'),
    proxy,
    checks: checks.map((check) => ({ ...check, remedies: ordered(check.remedies, proxy) })),
  };
  return withoutSecrets(report, secretsOf(settings));
}

async function verdictOf(
  { name, needs, run }: Check,
  examination: Examination,
  blocked: Map<CheckName, CheckName>,
  deadline: AbortSignal,
): Promise<Verdict> {
  const blocker = needs.map((needed) => blocked.get(needed)).find((found) => found !== undefined);
  if (blocker !== undefined) {
    // What needs this one has the same first cause.
    blocked.set(name, blocker);
    return { status: 'skipped', summary: `Not looked at, because the check "${blocker}" failed.` };
  }
  try {
    deadline.throwIfAborted();
    return await run(examination);
  } catch (error) {
    examination.settings.signal?.throwIfAborted();
    if (deadline.aborted) return { status: 'skipped', summary: 'No time was left for it (deadlineMs).' };
    if (!(error instanceof NoAnswerError)) throw error;
    return { status: 'fail', summary: error.message, facts: { reason: error.reason } };
  }
}

function ordered(remedies: readonly Remedy[], proxy: DoctorReport['proxy']): readonly Remedy[] {
  return remedies.toSorted((a, b) => Number(b.where === proxy) - Number(a.where === proxy));
}

/** What must not be in a report although a server may repeat it. */
function secretsOf({ headers, url }: DoctorSettings): string[] {
  const values = Object.entries(headers)
    .filter(([name]) => !HARMLESS.has(name))
    .flatMap(([, value]) => [value, ...value.split(/[\s;=]+/)]);
  return [...values, url.search, ...url.searchParams.values()].filter((value) => value.length >= 8);
}

const HARMLESS = new Set(['accept', 'accept-language', 'content-type', 'user-agent']);
