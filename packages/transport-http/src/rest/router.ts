import { readAccept } from '../endpoint/accept.ts';
import type { Incoming } from '../endpoint/message.ts';
import { problem } from '../beside/problem.ts';
import type { Visit } from '../beside/front.ts';
import { badRequest, Refusal } from './answer.ts';
import { runBatch, type BatchOptions } from './batch.ts';
import { argumentsOf, readIdempotencyKey, readJson } from './body.ts';
import { callTool, type RestServing, type ToolRequest } from './call.ts';
import { CallStream } from './call-stream.ts';
import { DocsPages } from './docs/pages.ts';
import { listAll, listPage } from './list.ts';
import { OpenApiDocuments, type DocumentSettings } from './openapi/documents.ts';
import { sendAnswer, sendText } from './send.ts';
import { readToolRequest } from './tool-request.ts';

export interface RestSettings {
  readonly maxBodyBytes: number;
  readonly batch: BatchOptions;
  readonly document: DocumentSettings;
}

/** Finds what a request is about, and answers it. */
export class RestRouter {
  readonly #serving: RestServing;
  readonly #settings: RestSettings;
  readonly #documents: OpenApiDocuments;
  readonly #pages: DocsPages;

  constructor(serving: RestServing, settings: RestSettings) {
    this.#serving = serving;
    this.#settings = settings;
    this.#documents = new OpenApiDocuments(serving.app.info, serving.path, settings.document);
    this.#pages = new DocsPages(serving.path);
  }

  async serve(visit: Visit): Promise<void> {
    try {
      await this.#answer(visit, visit.incoming.path.slice(this.#serving.path.length));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      await sendAnswer(visit, error.answer);
    }
  }

  async #answer(visit: Visit, path: string): Promise<void> {
    const { incoming } = visit;
    switch (path) {
      case '/tools':
        allow(incoming, 'GET');
        return this.#list(visit);
      case '/tools:batch':
        allow(incoming, 'POST');
        return this.#batch(visit);
      case '/openapi.json':
        allow(incoming, 'GET');
        return sendText(visit, 200, { 'content-type': 'application/json' }, await this.#document(visit));
      case '/docs':
        allow(incoming, 'GET');
        return this.#page(visit);
      default:
        return this.#tool(visit, path);
    }
  }

  async #list(visit: Visit): Promise<void> {
    const cursor = queryOf(visit.incoming).get('cursor') ?? undefined;
    await sendAnswer(visit, { status: 200, headers: {}, body: await listPage(this.#serving, visit, cursor) });
  }

  async #batch(visit: Visit): Promise<void> {
    wantJson(visit);
    const { maxBodyBytes, batch } = this.#settings;
    const items = await runBatch(this.#serving, visit, await readJson(visit, maxBodyBytes), batch);
    await sendAnswer(visit, { status: 200, headers: {}, body: items });
  }

  async #tool(visit: Visit, path: string): Promise<void> {
    // No other character is part of a tool's name, so that nothing has to be decoded.
    const [, name, step] = /^\/tools\/([\w-]{1,512})(:continue)?$/.exec(path) ?? [];
    if (name === undefined) throw unknownTool(path);
    if (step === undefined && visit.incoming.method === 'GET') return this.#describe(visit, name);
    allow(visit.incoming, step === undefined ? 'GET, POST' : 'POST');
    const wantsStream = this.#wantsStream(visit);
    const idempotencyKey = readIdempotencyKey(visit);
    const body = await readJson(visit, this.#settings.maxBodyBytes);
    const request: ToolRequest =
      step === undefined
        ? { name, arguments: argumentsOf(body), idempotencyKey }
        : { ...readToolRequest(name, body, 'The body'), idempotencyKey };
    if (wantsStream) {
      const stream = new CallStream(visit);
      await stream.finish(await callTool(this.#serving, visit, request, stream));
    } else await sendAnswer(visit, await callTool(this.#serving, visit, request));
  }

  async #describe(visit: Visit, name: string): Promise<void> {
    const tool = (await listAll(this.#serving, visit)).find((each) => each.name === name);
    if (!tool) throw unknownTool(name);
    await sendAnswer(visit, { status: 200, headers: {}, body: tool });
  }

  async #document(visit: Visit): Promise<string> {
    return this.#documents.textFor(await listAll(this.#serving, visit));
  }

  async #page(visit: Visit): Promise<void> {
    const tools = await listAll(this.#serving, visit);
    const { html, headers } = await this.#pages.pageFor(tools, this.#documents.documentFor(tools));
    await sendText(visit, 200, headers, html);
  }

  /** Whether the caller asks for events, and for nothing else that would do. */
  #wantsStream(visit: Visit): boolean {
    const accept = visit.incoming.header('accept')?.toLowerCase() ?? '';
    if (accept.includes('text/event-stream') && !accept.includes('application/json')) return true;
    wantJson(visit);
    return false;
  }
}

/** @throws {Refusal} */
function wantJson({ incoming }: Visit): void {
  const accept = incoming.header('accept');
  if (readAccept(accept).json || accept?.toLowerCase().includes('application/problem+json')) return;
  throw new Refusal(
    problem(
      406,
      'NOT_ACCEPTABLE',
      'Accept application/json, or text/event-stream for the events of one call.',
    ),
  );
}

/** @throws {Refusal} */
function allow({ method }: Incoming, methods: string): void {
  if (methods.split(', ').includes(method)) return;
  throw new Refusal(problem(405, 'METHOD_NOT_ALLOWED', `${method} is not allowed here; ${methods} is.`), {
    allow: `${methods}, OPTIONS`,
  });
}

function unknownTool(name: string): Refusal {
  return new Refusal(problem(404, 'TOOL_NOT_FOUND', `Unknown tool: ${name.slice(0, MAX_NAME)}`));
}

function queryOf({ request }: Incoming): URLSearchParams {
  const { url } = request;
  const start = url.indexOf('?');
  const query = start < 0 ? '' : url.slice(start);
  if (query.length > MAX_QUERY)
    throw badRequest('QUERY_TOO_LONG', `The query has more than ${MAX_QUERY} characters.`);
  return new URLSearchParams(query);
}

const MAX_QUERY = 4096;
/** Characters of a name that are repeated to whoever sent it. */
const MAX_NAME = 256;
