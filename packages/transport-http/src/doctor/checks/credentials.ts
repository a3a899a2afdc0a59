import type { Examination } from '../examination.ts';
import { isLoopback } from '../options.ts';
import type { Verdict } from '../report.ts';

/** Whether the given headers may be sent at all. */
export function checkCredentials({ settings }: Examination): Verdict {
  const { headers, sendsCredentials, url } = settings;
  const count = Object.keys(headers).length;
  if (count === 0) return { status: 'skipped', summary: 'None were given.' };
  const facts = { headers: Object.keys(headers), sent: sendsCredentials };
  if (!sendsCredentials) {
    const summary = `Not sent: http://${url.host} is another machine, and everybody on the way could read them.`;
    return {
      status: 'fail',
      summary,
      facts,
      remedies: [
        {
          where: 'client',
          setting: 'Use https, or allow it (allowInsecureCredentials, --insecure-credentials)',
        },
      ],
    };
  }
  const isExposed = url.protocol === 'http:' && !isLoopback(url.hostname);
  return isExposed
    ? { status: 'warn', summary: `Sent over plain http to ${url.host}, as told.`, facts }
    : {
        status: 'ok',
        summary: `${count} ${count === 1 ? 'header is' : 'headers are'} sent to ${url.origin} alone.`,
        facts,
      };
}
