// The same server twice, as hosts write it for each version of the SDK.
import { completable as completableV1 } from '@modelcontextprotocol/sdk/server/completable.js';
import {
  McpServer as ServerV1,
  ResourceTemplate as TemplateV1,
} from '@modelcontextprotocol/sdk/server/mcp.js';
import * as v1 from '@modelcontextprotocol/sdk/types.js';
import {
  completable as completableV2,
  McpServer as ServerV2,
  ResourceTemplate as TemplateV2,
} from '@modelcontextprotocol/server';
import { z } from 'zod';

const FORM = {
  type: 'object',
  properties: { name: { type: 'string', title: 'Name' } },
  required: ['name'],
} as const;
const QUESTION = { message: 'Your name?', requestedSchema: FORM };
const SAMPLING = {
  messages: [{ role: 'user' as const, content: { type: 'text' as const, text: 'What?' } }],
  maxTokens: 10,
};
const NOTES = ['apple', 'avocado', 'banana'];
const startingWith = (value: string) => NOTES.filter((note) => note.startsWith(value));
const say = (text: string) => ({ content: [{ type: 'text' as const, text }] });
const pause = () => new Promise((resolve) => setTimeout(resolve, 10));

/** What happened inside a server, for tests to look at. */
export interface Diary {
  readonly lines: string[];
}

export function notebookV1({ lines }: Diary = { lines: [] }): ServerV1 {
  const server = new ServerV1(
    { name: 'notebook', version: '2.0.0' },
    { instructions: 'Take notes.', capabilities: { logging: {} } },
  );
  server.registerTool(
    'count',
    { title: 'Count', inputSchema: { by: z.number() }, outputSchema: { total: z.number() } },
    ({ by }) => ({ ...say(String(by + 1)), structuredContent: { total: by + 1 } }),
  );
  server.registerTool('break', {}, () => {
    throw new Error('The page is torn.');
  });
  server.registerTool('whoami', {}, ({ authInfo, ...extra }) =>
    say(JSON.stringify([authInfo?.extra?.['sub'], authInfo?.scopes, extra['_meta']?.['toolyard/version']])),
  );
  server.registerTool('client', {}, () =>
    say(JSON.stringify([server.server.getClientVersion()?.name, server.server.getClientCapabilities()])),
  );
  server.registerTool('work', {}, async (extra) => {
    const progressToken = extra['_meta']?.progressToken;
    for (const progress of [1, 2, 3]) {
      if (progressToken === undefined) break;
      const params = { progressToken, progress, total: 3 };
      await extra.sendNotification({ method: 'notifications/progress', params });
    }
    await server.sendLoggingMessage({ level: 'warning', data: 'half way' });
    await pause();
    return say('done');
  });
  server.registerTool('greet', {}, async (extra) => {
    lines.push('greet begins');
    const params = { mode: 'form' as const, ...QUESTION, requestedSchema: { ...FORM, required: ['name'] } };
    const answer = await extra.sendRequest({ method: 'elicitation/create', params }, v1.ElicitResultSchema);
    return say(`Hello ${String(answer.content?.['name'])}`);
  });
  const ask = (message: string) =>
    server.server.elicitInput({ message, requestedSchema: { ...FORM, required: ['name'] } });
  server.registerTool('greet_twice', {}, async () => {
    lines.push('greet_twice begins');
    const first = await ask('First?');
    const [second, third] = await Promise.all([ask('Second?'), ask('Third?')]);
    return say([first, second, third].map(({ content }) => content?.['name']).join(' '));
  });
  server.registerTool('think', {}, async () => {
    const { content } = await server.server.createMessage(SAMPLING);
    const { roots } = await server.server.listRoots();
    return say(JSON.stringify([content, roots[0]?.uri]));
  });
  server.registerTool('hang', {}, ({ signal }) => {
    lines.push('hang begins');
    signal.addEventListener('abort', () => lines.push('hang ends'));
    return new Promise(() => {});
  });
  server.registerResource('cover', 'notebook://cover', { mimeType: 'text/plain' }, () => ({
    contents: [{ uri: 'notebook://cover', text: 'The cover' }],
  }));
  server.registerResource(
    'note',
    new TemplateV1('note://{id}', {
      list: () => ({ resources: NOTES.map((id) => ({ uri: `note://${id}`, name: id })) }),
      complete: { id: startingWith },
    }),
    {},
    ({ href }, { id }) => {
      if (!NOTES.includes(String(id))) throw new v1.McpError(-32002, 'No such note', { uri: href });
      return { contents: [{ uri: href, text: `Note ${String(id)}` }] };
    },
  );
  server.registerPrompt(
    'review',
    { argsSchema: { note: completableV1(z.string(), startingWith) } },
    ({ note }) => ({ messages: [{ role: 'user', content: { type: 'text', text: `Review ${note}` } }] }),
  );
  return server;
}

export function notebookV2({ lines }: Diary = { lines: [] }): ServerV2 {
  const server = new ServerV2(
    { name: 'notebook', version: '2.0.0' },
    { instructions: 'Take notes.', capabilities: { logging: {} } },
  );
  server.registerTool(
    'count',
    {
      title: 'Count',
      inputSchema: z.object({ by: z.number() }),
      outputSchema: z.object({ total: z.number() }),
    },
    ({ by }) => ({ ...say(String(by + 1)), structuredContent: { total: by + 1 } }),
  );
  server.registerTool('break', {}, () => {
    throw new Error('The page is torn.');
  });
  server.registerTool('whoami', {}, ({ http, mcpReq }) =>
    say(
      JSON.stringify([
        http?.authInfo?.extra?.['sub'],
        http?.authInfo?.scopes,
        mcpReq['_meta']?.['toolyard/version'],
      ]),
    ),
  );
  server.registerTool('client', {}, () =>
    say(JSON.stringify([server.server.getClientVersion()?.name, server.server.getClientCapabilities()])),
  );
  server.registerTool('work', {}, async ({ mcpReq }) => {
    const progressToken = mcpReq['_meta']?.progressToken;
    for (const progress of [1, 2, 3]) {
      if (progressToken === undefined) break;
      const params = { progressToken, progress, total: 3 };
      await mcpReq.notify({ method: 'notifications/progress', params });
    }
    await mcpReq.log('warning', 'half way');
    await pause();
    return say('done');
  });
  server.registerTool('greet', {}, async ({ mcpReq }) => {
    lines.push('greet begins');
    const answer = await mcpReq.elicitInput({
      ...QUESTION,
      requestedSchema: { ...FORM, required: ['name'] },
    });
    return say(`Hello ${String(answer.content?.['name'])}`);
  });
  server.registerTool('greet_twice', {}, async ({ mcpReq }) => {
    lines.push('greet_twice begins');
    const ask = (message: string) =>
      mcpReq.elicitInput({ message, requestedSchema: { ...FORM, required: ['name'] } });
    const first = await ask('First?');
    const [second, third] = await Promise.all([ask('Second?'), ask('Third?')]);
    return say([first, second, third].map(({ content }) => content?.['name']).join(' '));
  });
  server.registerTool('think', {}, async ({ mcpReq }) => {
    const { content } = await mcpReq.requestSampling(SAMPLING);
    const { roots } = await server.server.listRoots();
    return say(JSON.stringify([content, roots[0]?.uri]));
  });
  server.registerTool('hang', {}, ({ mcpReq }) => {
    lines.push('hang begins');
    mcpReq.signal.addEventListener('abort', () => lines.push('hang ends'));
    return new Promise(() => {});
  });
  server.registerResource('cover', 'notebook://cover', { mimeType: 'text/plain' }, () => ({
    contents: [{ uri: 'notebook://cover', text: 'The cover' }],
  }));
  server.registerResource(
    'note',
    new TemplateV2('note://{id}', {
      list: () => ({ resources: NOTES.map((id) => ({ uri: `note://${id}`, name: id })) }),
      complete: { id: startingWith },
    }),
    {},
    ({ href }, { id }) => {
      if (!NOTES.includes(String(id)))
        throw Object.assign(new Error('No such note'), { code: -32002, data: { uri: href } });
      return { contents: [{ uri: href, text: `Note ${String(id)}` }] };
    },
  );
  server.registerPrompt(
    'review',
    { argsSchema: z.object({ note: completableV2(z.string(), startingWith) }) },
    ({ note }) => ({ messages: [{ role: 'user', content: { type: 'text', text: `Review ${note}` } }] }),
  );
  return server;
}
