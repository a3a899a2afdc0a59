import { ToolError, type CallToolResult } from '@toolyard/core';
import { isRecord } from '@toolyard/core/protocol';

/** What a typed call gives: the structured content, else the one text, else the result as it came. */
export function outputOf(result: CallToolResult): unknown {
  const { content, structuredContent, isError } = result;
  if (isError === true) throw toolErrorOf(result);
  if (structuredContent !== undefined) return structuredContent;
  const [first] = content;
  if (content.length === 1 && first?.type === 'text') return first.text;
  return content.length === 0 ? undefined : result;
}

function toolErrorOf({ content, _meta }: CallToolResult): ToolError {
  const message = content.map((block) => (block.type === 'text' ? block.text : '')).filter(Boolean);
  const facts = _meta?.['toolyard/error'];
  const code = isRecord(facts) && typeof facts['code'] === 'string' ? facts['code'] : 'TOOL_FAILED';
  return new ToolError(code, message.join('\n'), { data: isRecord(facts) ? facts['data'] : undefined });
}
