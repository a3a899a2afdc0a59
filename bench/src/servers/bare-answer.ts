/** What the bare servers read of a request. They check none of it. */
export interface EchoRequest {
  id: number;
  params: { arguments: { text: string }; _meta?: object };
}

/** The same bytes an MCP server answers, so that writing them costs the same. */
export function answerTo({ id, params }: EchoRequest): object {
  const {
    arguments: { text },
    _meta: envelope,
  } = params;
  const result = { content: [{ type: 'text', text: JSON.stringify({ text }) }], structuredContent: { text } };
  return { jsonrpc: '2.0', id, result: envelope ? { ...result, ...only2026 } : result };
}

const only2026 = {
  resultType: 'complete',
  _meta: { 'io.modelcontextprotocol/serverInfo': { name: 'bench', version: '1.0.0' } },
};
