/** `2026`: revision 2026-07-28, stateless. `2025`: revision 2025-11-25 in sessions. */
export type Era = '2026' | '2025';

export const versions: Record<Era, string> = { '2026': '2026-07-28', '2025': '2025-11-25' };

export const clientInfo = { name: 'bench', version: '1.0.0' };

/** What a request's `params` carry besides their own members. */
export function envelope(era: Era): object {
  if (era === '2025') return {};
  return {
    _meta: {
      'io.modelcontextprotocol/protocolVersion': versions[era],
      'io.modelcontextprotocol/clientInfo': clientInfo,
      'io.modelcontextprotocol/clientCapabilities': {},
    },
  };
}

const postHeaders = { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream' };

/** The headers of `tools/call echo`. */
export function callHeaders(era: Era, session?: string): Record<string, string> {
  return { ...requestHeaders(era, 'tools/call', session), ...(era === '2026' && { 'Mcp-Name': 'echo' }) };
}

/** The headers of any request once a version is agreed. */
export function requestHeaders(era: Era, method: string, session?: string): Record<string, string> {
  const common = { ...postHeaders, 'MCP-Protocol-Version': versions[era] };
  if (era === '2026') return { ...common, 'Mcp-Method': method };
  return { ...common, ...(session !== undefined && { 'Mcp-Session-Id': session }) };
}

/** The headers of `initialize`, which comes before a version is agreed. */
export function initializeHeaders(): Record<string, string> {
  return postHeaders;
}
