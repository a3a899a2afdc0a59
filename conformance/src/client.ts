/**
 * The client under test: `node src/client.ts <url>`. The official suite starts one per scenario and says in the
 * environment which scenario and revision it is about. It uses all that the server offers, once.
 */
import {
  Client,
  StreamableHTTPClientTransport,
  UnauthorizedError,
  type Tool,
} from '@modelcontextprotocol/client';

import { argumentsFor } from './client/arguments.ts';
import { InstantConsent } from './client/instant-consent.ts';
import { readAssignment } from './client/assignment.ts';

/** Authorizations one operation may need: the first, and one that widens its scope. */
const MAX_AUTHORIZATIONS = 2;

const assignment = readAssignment();
const consent = new InstantConsent(assignment.registration);

const client = await authorized(connect);
const { tools } = await authorized(() => client.listTools());
if (assignment.scenario !== 'json-schema-ref-no-deref') await useTools(tools);
const offered = client.getServerCapabilities();
if (offered?.resources) await readAll();
if (offered?.prompts) await getAll();
await client.close();

async function useTools(listed: readonly Tool[]): Promise<void> {
  const calls =
    assignment.toolCalls ??
    listed.map((tool) => ({ name: tool.name, arguments: argumentsFor(tool, listed) }));
  for (const call of calls) await authorized(() => client.callTool(call));
}

async function readAll(): Promise<void> {
  for (const { uri } of (await client.listResources()).resources) await client.readResource({ uri });
}

async function getAll(): Promise<void> {
  for (const { name } of (await client.listPrompts()).prompts) await client.getPrompt({ name });
}

/** Runs an operation; where the server wants to know who asks, authorizes and runs it again. */
async function authorized<T>(operation: () => Promise<T>): Promise<T> {
  for (let authorizations = 0; ; authorizations += 1) {
    try {
      return await operation();
    } catch (error) {
      if (!(error instanceof UnauthorizedError) || authorizations >= MAX_AUTHORIZATIONS) throw error;
      await openTransport().finishAuth(consent.takeCallback());
    }
  }
}

async function connect(): Promise<Client> {
  const fresh = new Client(
    { name: 'toolyard-conformance-client', version: '1.0.0' },
    {
      capabilities: { elicitation: { form: { applyDefaults: true } }, sampling: {}, roots: {} },
      versionNegotiation: { mode: assignment.revision >= '2026-07-28' ? 'auto' : 'legacy' },
    },
  );
  fresh.setRequestHandler('elicitation/create', async () => ({ action: 'accept', content: {} }));
  await fresh.connect(openTransport());
  return fresh;
}

function openTransport(): StreamableHTTPClientTransport {
  return new StreamableHTTPClientTransport(assignment.url, { authProvider: consent });
}
