import { checkAuth } from './checks/auth.ts';
import { checkBody } from './checks/body.ts';
import { checkClock, checkKeepAlive } from './checks/connections.ts';
import { checkCredentials } from './checks/credentials.ts';
import { checkEndpoint } from './checks/endpoint.ts';
import { checkLegacy, checkModern, checkVersions } from './checks/eras.ts';
import { checkHost, checkOrigin, checkPreflight } from './checks/guards.ts';
import { checkDns, checkTcp } from './checks/network.ts';
import { checkRedirects } from './checks/redirects.ts';
import { checkSessions } from './checks/sessions.ts';
import { checkIdle, checkStreamHeaders, checkStreaming } from './checks/streams.ts';
import { checkTls } from './checks/tls.ts';
import type { Examination } from './examination.ts';
import type { CheckName, Verdict } from './report.ts';

/** One thing to look at. */
export interface Check {
  readonly name: CheckName;
  /** Skipped where one of these failed. */
  readonly needs: readonly CheckName[];
  readonly run: (examination: Examination) => Verdict | Promise<Verdict>;
}

/** In the order in which one tells something about the next. */
export const CHECKS: readonly Check[] = [
  { name: 'credentials', needs: [], run: checkCredentials },
  { name: 'dns', needs: [], run: checkDns },
  { name: 'tcp', needs: ['dns'], run: checkTcp },
  { name: 'tls', needs: ['tcp'], run: checkTls },
  { name: 'redirects', needs: ['dns'], run: checkRedirects },
  { name: 'endpoint', needs: ['tcp', 'tls'], run: checkEndpoint },
  { name: 'auth', needs: ['endpoint'], run: checkAuth },
  { name: 'modern', needs: ['endpoint', 'auth'], run: open(checkModern) },
  { name: 'legacy', needs: ['endpoint', 'auth'], run: open(checkLegacy) },
  { name: 'versions', needs: ['endpoint', 'auth'], run: spoken(checkVersions) },
  { name: 'host', needs: ['endpoint'], run: checkHost },
  { name: 'origin', needs: ['endpoint'], run: checkOrigin },
  { name: 'preflight', needs: ['endpoint'], run: checkPreflight },
  { name: 'body', needs: ['endpoint', 'auth'], run: spoken(checkBody) },
  { name: 'sessions', needs: ['endpoint', 'auth'], run: spoken(checkSessions) },
  { name: 'keep-alive', needs: ['endpoint'], run: checkKeepAlive },
  { name: 'clock', needs: ['endpoint'], run: checkClock },
  { name: 'stream-headers', needs: ['endpoint', 'auth'], run: spoken(checkStreamHeaders) },
  { name: 'streaming', needs: ['endpoint', 'auth'], run: spoken(checkStreaming) },
  { name: 'idle', needs: ['streaming'], run: spoken(checkIdle) },
];

/** Only where credentials are not missing. */
function open(run: Check['run']): Check['run'] {
  return (examination) =>
    examination.isLockedOut
      ? { status: 'skipped', summary: 'The server wants credentials: give them (headers, --header).' }
      : run(examination);
}

/** Only where one era is served. */
function spoken(run: Check['run']): Check['run'] {
  return open((examination) =>
    examination.isModern || examination.legacy
      ? run(examination)
      : { status: 'skipped', summary: 'There is no era in which to ask.' },
  );
}
