import { headerOf } from './answer.ts';
import { type Connection, requestHead } from './connection.ts';
import { callHeaders, clientInfo, initializeHeaders, versions } from './eras.ts';

/** Opens a 2025 session as a client does: `initialize`, then `notifications/initialized`. Resolves to its id. */
export async function openSession(connection: Connection, url: string): Promise<string> {
  const initialize = {
    jsonrpc: '2.0',
    id: 0,
    method: 'initialize',
    params: { protocolVersion: versions['2025'], capabilities: {}, clientInfo },
  };
  const answer = await connection.send(
    requestHead('POST', url, initializeHeaders()),
    JSON.stringify(initialize),
  );
  const session = headerOf(answer, 'mcp-session-id');
  if (answer.status !== 200 || session === undefined) {
    throw new Error(`initialize opened no session: ${answer.status} ${answer.body}`);
  }
  const initialized = { jsonrpc: '2.0', method: 'notifications/initialized' };
  const head = requestHead('POST', url, callHeaders('2025', session));
  const accepted = await connection.send(head, JSON.stringify(initialized));
  if (accepted.status !== 202)
    throw new Error(`initialized was not accepted: ${accepted.status} ${accepted.body}`);
  return session;
}

export async function closeSession(connection: Connection, url: string, session: string): Promise<void> {
  const head = requestHead('DELETE', url, callHeaders('2025', session));
  const { status } = await connection.send(head, '');
  if (status >= 300) throw new Error(`DELETE of a session was answered with ${status}.`);
}
