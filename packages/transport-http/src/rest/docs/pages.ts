import { isRecord, type JsonObject, type ToolDescription } from '@toolyard/core/protocol';

import type { HttpHeaders } from '../../endpoint/message.ts';
import { markup, trusted, type Html } from './html.ts';
import { STYLE } from './style.ts';
import { toolSection } from './tool-section.ts';

/** A page, and the headers it needs. */
export interface DocsPage {
  readonly html: string;
  readonly headers: HttpHeaders;
}

/** Pages to read about tools: no script, nothing fetched from anywhere. Made once for the same list of tools. */
export class DocsPages {
  readonly #path: string;
  readonly #pages = new WeakMap<readonly ToolDescription[], string>();
  readonly #sections = new WeakMap<ToolDescription, Html>();
  #headers: Promise<HttpHeaders> | undefined = undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** @param document - the OpenAPI document of the same tools. */
  async pageFor(tools: readonly ToolDescription[], document: JsonObject): Promise<DocsPage> {
    let page = this.#pages.get(tools);
    if (page === undefined) {
      const info = isRecord(document['info']) ? document['info'] : {};
      page = `<!doctype html>\n${this.#write(tools, info).toString()}`;
      this.#pages.set(tools, page);
    }
    return { html: page, headers: await (this.#headers ??= pageHeaders()) };
  }

  #write(tools: readonly ToolDescription[], info: JsonObject): Html {
    const base = this.#path;
    const { description } = info;
    const title = `${String(info['title'])} ${String(info['version'])}`;
    return markup`<html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}: tools over REST</title>
        ${trusted(`<style>${STYLE}</style>`)}
      </head>
      <body>
        <a class="skip" href="#content">Skip to the tools</a>
        <header>
          <h1>${title}</h1>
          ${typeof description === 'string' && markup`<p class="prose">${description}</p>`}
          <p class="soft">
            ${countOf(tools.length)} for you. For programs: <a href="${base}/openapi.json">openapi.json</a>
          </p>
        </header>
        <div class="page">
          <nav aria-label="Tools">
            <ul>
              <li><a href="#basics">Basics</a></li>
              ${tools.map(({ name, title: shown }) => markup`<li><a href="#tool-${name}">${shown ?? name}</a></li>`)}
            </ul>
          </nav>
          <main id="content" tabindex="-1">
            ${basics(base)} ${tools.map((tool) => this.#section(tool))}
          </main>
        </div>
      </body>
    </html>`;
  }

  #section(tool: ToolDescription): Html {
    const known = this.#sections.get(tool);
    if (known) return known;
    const section = toolSection(tool, this.#path);
    this.#sections.set(tool, section);
    return section;
  }
}

function basics(base: string): Html {
  return markup`<section id="basics" aria-labelledby="head-basics">
    <h2 id="head-basics">Basics</h2>
    <p>
      The body of a call holds its arguments as a JSON object. The answer is the JSON the tool gives, or
      <code>{ "content": […] }</code> of a tool that gives text and pictures.
    </p>
    <p>In the examples, <code>$URL</code> stands for the address of this server.</p>
    <p>
      Failures are <code>application/problem+json</code>: <code>status</code>, a <code>code</code> for
      programs and a <code>detail</code> for people. 400 names the fields that are wrong in
      <code>errors</code>; 429 and 503 say in <code>Retry-After</code> when to come back.
    </p>
    <p>
      <code>Accept: text/event-stream</code> gives events: <code>progress</code>, then <code>result</code> or
      <code>error</code>. <code>POST ${base}/tools:batch</code> takes an array of
      <code>{ "name": …, "arguments": … }</code>.
    </p>
    <p>
      409 with the code <code>INPUT_REQUIRED</code> asks something first: send
      <code>{ "arguments", "inputResponses", "requestState" }</code> to the path in <code>continueAt</code>.
    </p>
  </section>`;
}

function countOf(tools: number): string {
  return tools === 1 ? '1 tool' : `${tools} tools`;
}

/** The one style is let in by its digest, nothing else is. */
async function pageHeaders(): Promise<HttpHeaders> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(STYLE)));
  const style = `'sha256-${btoa(String.fromCharCode(...digest))}'`;
  return {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': `default-src 'none'; style-src ${style}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    'referrer-policy': 'no-referrer',
  };
}
