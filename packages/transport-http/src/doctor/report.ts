/** `warn`: it works, but not for everybody or not for long. `skipped`: nothing can be said; the summary tells why. */
export type CheckStatus = 'ok' | 'warn' | 'fail' | 'skipped';

/** What {@link doctor} looks at, in this order. */
export type CheckName =
  | 'credentials'
  | 'dns'
  | 'tcp'
  | 'tls'
  | 'redirects'
  | 'endpoint'
  | 'auth'
  | 'modern'
  | 'legacy'
  | 'versions'
  | 'host'
  | 'origin'
  | 'preflight'
  | 'body'
  | 'sessions'
  | 'keep-alive'
  | 'clock'
  | 'stream-headers'
  | 'streaming'
  | 'idle';

/** Where a problem is put right, and how. */
export interface Remedy {
  readonly where: 'nginx' | 'Traefik' | 'Cloudflare' | 'server' | 'client';
  readonly setting: string;
}

/** What was seen, for programs. Times are in milliseconds. */
export type Facts = Readonly<Record<string, unknown>>;

/** What one check found. */
export interface Verdict {
  readonly status: CheckStatus;
  /** One sentence for people. */
  readonly summary: string;
  readonly facts?: Facts;
  /** What helps, the proxy that was recognised first. Only for `warn` and `fail`. */
  readonly remedies?: readonly Remedy[];
}

/** One line of a report. */
export interface DoctorCheck extends Required<Verdict> {
  readonly name: CheckName;
  readonly durationMs: number;
}

/** What {@link doctor} found. Plain data: `JSON.stringify` keeps all of it. Contains none of the headers it was given. */
export interface DoctorReport {
  /** The URL examined, without user name, password and query. */
  readonly url: string;
  /** When it began, in ISO 8601. */
  readonly startedAt: string;
  readonly durationMs: number;
  /** Whether no check failed. */
  readonly ok: boolean;
  /** The proxy that the answers show, as far as they do. */
  readonly proxy: 'nginx' | 'Traefik' | 'Cloudflare' | undefined;
  readonly checks: readonly DoctorCheck[];
}

/**
 * A report as text for a terminal: a line for each check, and below it what helps, without the proxies that are not there.
 *
 * @example
 * ```ts
 * import { doctor, formatReport } from '@toolyard/transport-http/doctor';
 *
 * process.stdout.write(formatReport(await doctor('http://127.0.0.1:9001/mcp')));
 * ```
 */
export function formatReport({ url, proxy, durationMs, checks }: DoctorReport): string {
  const width = Math.max(...checks.map(({ name }) => name.length));
  const lines = [`${url}${proxy ? ` behind ${proxy}` : ''}`];
  for (const { name, status, summary, remedies } of checks) {
    lines.push(`${status.padEnd(7)}  ${name.padEnd(width)}  ${summary}`);
    for (const { where, setting } of remedies.filter((remedy) => mayHelp(remedy, proxy))) {
      lines.push(`${' '.repeat(width + 11)}${`${where}:`.padEnd(12)}${setting}`);
    }
  }
  const count = (status: CheckStatus) => checks.filter((check) => check.status === status).length;
  lines.push(
    `${count('ok')} ok, ${count('warn')} warnings, ${count('fail')} failed, ${count('skipped')} skipped ` +
      `in ${(durationMs / 1000).toFixed(1)} s`,
  );
  // Parts of it are words of the server, which shall not steer the terminal.
  return `${lines.map((line) => line.replaceAll(/\p{Cc}/gu, ' ')).join('\n')}\n`;
}

/** Traefik tells nobody that it is there; nginx and Cloudflare do. */
function mayHelp({ where }: Remedy, proxy: DoctorReport['proxy']): boolean {
  switch (where) {
    case 'Cloudflare':
      return proxy === undefined || proxy === 'Cloudflare';
    case 'nginx':
      return proxy !== 'Traefik';
    case 'Traefik':
      return proxy !== 'nginx';
    default:
      return true;
  }
}
