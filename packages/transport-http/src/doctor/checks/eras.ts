import { isRecord } from '@toolyard/core/protocol';

import type { Examination } from '../examination.ts';
import type { Answer } from '../http.ts';
import {
  initializeMessage,
  legacyMessage,
  modernMessage,
  responseIn,
  UNKNOWN_REVISION,
} from '../messages.ts';
import { excerpt } from '../redact.ts';
import { REMEDIES } from '../remedies.ts';
import type { Verdict } from '../report.ts';

const HEADER_MISMATCH = -32_020;
const UNSUPPORTED_VERSION = -32_022;

/** Whether clients of 2026-07-28 are served. */
export async function checkModern(examination: Examination): Promise<Verdict> {
  const answer = examination.discovered ?? (await examination.post(modernMessage('server/discover')));
  const response = responseIn(answer);
  if (response && 'result' in response && isRecord(response.result)) {
    const { supportedVersions, serverInfo } = response.result;
    examination.isModern = true;
    const versions = Array.isArray(supportedVersions) ? supportedVersions.map(String) : [];
    const facts = { supportedVersions: versions, serverInfo: serverInfo ?? infoIn(response.result) };
    return { status: 'ok', summary: `server/discover answers; it speaks ${versions.join(', ')}.`, facts };
  }
  const facts = factsOf(answer);
  if (facts.code === HEADER_MISMATCH) {
    const summary = `The Mcp-* headers do not reach the server as they were sent: ${excerpt(facts.message ?? '')}`;
    return { status: 'fail', summary, facts, remedies: REMEDIES.modernHeaders };
  }
  const summary = `server/discover is not answered (${answer.status}): clients of 2026-07-28 have to fall back.`;
  return { status: 'warn', summary, facts };
}

/** Whether clients of 2025-11-25 and older are served. Opens the session that later checks use. */
export async function checkLegacy(examination: Examination): Promise<Verdict> {
  const answer = await examination.post(initializeMessage());
  const response = responseIn(answer);
  if (response && 'result' in response && isRecord(response.result)) {
    const { protocolVersion, serverInfo } = response.result;
    const sessionId = answer.headers['mcp-session-id'];
    const line = { version: String(protocolVersion), sessionId };
    const { status } = await examination.post(legacyMessage(line, 'notifications/initialized', {}, ''));
    if (sessionId === undefined && status >= 400) {
      const summary = `initialize is answered without Mcp-Session-Id, but what follows is refused (${status}) without it.`;
      return { status: 'fail', summary, facts: { status }, remedies: REMEDIES.sessionHeader };
    }
    examination.legacy = line;
    const facts = { protocolVersion, serverInfo, hasSession: sessionId !== undefined };
    const session = sessionId === undefined ? 'without a session' : 'with a session';
    return { status: 'ok', summary: `initialize agrees on ${line.version}, ${session}.`, facts };
  }
  const facts = factsOf(answer);
  if (examination.isModern) {
    const summary = `initialize is refused (${answer.status}): clients of 2025-11-25 and older cannot connect.`;
    return { status: 'warn', summary, facts };
  }
  const summary = `Neither server/discover nor initialize is answered (${answer.status} ${excerpt(facts.message ?? '')}).`;
  return { status: 'fail', summary, facts };
}

/** Whether a client with a version from the future can fall back. */
export async function checkVersions(examination: Examination): Promise<Verdict> {
  const problems: string[] = [];
  const facts: Record<string, unknown> = {};
  if (examination.isModern) {
    const { code, data, status } = factsOf(
      await examination.post(modernMessage('server/discover', {}, UNKNOWN_REVISION)),
    );
    facts['modern'] = { status, code, supported: data };
    if (code !== UNSUPPORTED_VERSION)
      problems.push(`server/discover is answered with ${code ?? status}, not -32022`);
  }
  if (examination.legacy) {
    const answer = await examination.post(initializeMessage(UNKNOWN_REVISION));
    const response = responseIn(answer);
    const offered = response && 'result' in response ? response.result : undefined;
    facts['legacy'] = { status: answer.status, offered: offered?.['protocolVersion'] };
    if (offered?.['protocolVersion'] === UNKNOWN_REVISION) problems.push('initialize agrees to any version');
    await examination.end(answer.headers['mcp-session-id']);
  }
  return problems.length > 0
    ? { status: 'warn', summary: `A version nobody knows: ${problems.join('; ')}.`, facts }
    : { status: 'ok', summary: 'A version nobody knows is answered with those that are served.', facts };
}

function factsOf(answer: Answer): { status: number; code?: number; message?: string; data?: unknown } {
  const response = responseIn(answer);
  if (!response || !('error' in response)) return { status: answer.status, message: excerpt(answer.text) };
  const { code, message, data } = response.error;
  return { status: answer.status, code, message: excerpt(message), data };
}

/** 2026-07-28 has the server's name in `_meta`. */
function infoIn(result: unknown): unknown {
  const meta = isRecord(result) && isRecord(result['_meta']) ? result['_meta'] : {};
  return meta['io.modelcontextprotocol/serverInfo'];
}
