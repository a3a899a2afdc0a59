import { resourceAt } from '../app/call-insight.ts';
import type { Call, Target } from '../call.ts';
import { isRecord } from '../protocol/json-rpc.ts';
import type { JsonObject, ToolAnnotations } from '../protocol/messages.ts';

/** What a rule is asked about: something that is called, or an item of a list. */
export interface AuthorizeSubject {
  readonly kind: 'tool' | 'prompt' | 'resource';
  /** The name, without the prefixes that the app with the rule is mounted under; of a resource the URI. */
  readonly name: string;
  /** The URI template a resource belongs to, if any. */
  readonly template: string | undefined;
  readonly tags: readonly string[];
  readonly annotations: ToolAnnotations | undefined;
}

/** Where a list has its items, and what each of them is. */
export interface ListedSubjects {
  readonly field: string;
  readonly subjectOf: (item: JsonObject, call: Call) => AuthorizeSubject;
}

export function subjectOfTarget({ kind, localName, definition }: Target): AuthorizeSubject {
  switch (kind) {
    case 'tool':
      return toolSubject(localName, definition.tags, definition.annotations);
    case 'prompt':
      return promptSubject(localName);
    case 'resource':
      return resourceSubject(localName, definition.template ? definition.address : undefined);
  }
}

/** The resource behind a URI, whether or not there is one. */
export function subjectOfUri(uri: string, call: Call): AuthorizeSubject {
  const resource = resourceAt(call, uri);
  return resourceSubject(uri, resource?.template ? resource.address : undefined);
}

/** The methods that list what can be called. */
export const LISTED_SUBJECTS: ReadonlyMap<string, ListedSubjects> = new Map<string, ListedSubjects>([
  [
    'tools/list',
    {
      field: 'tools',
      subjectOf({ name, annotations, _meta }) {
        const tags = isRecord(_meta) ? _meta['toolyard/tags'] : undefined;
        return toolSubject(
          name as string,
          tags as readonly string[] | undefined,
          annotations as ToolAnnotations | undefined,
        );
      },
    },
  ],
  ['prompts/list', { field: 'prompts', subjectOf: ({ name }) => promptSubject(name as string) }],
  ['resources/list', { field: 'resources', subjectOf: ({ uri }, call) => subjectOfUri(uri as string, call) }],
  [
    'resources/templates/list',
    {
      field: 'resourceTemplates',
      subjectOf: ({ uriTemplate }) => resourceSubject(uriTemplate as string, uriTemplate as string),
    },
  ],
]);

function toolSubject(
  name: string,
  tags: readonly string[] = [],
  annotations: ToolAnnotations | undefined,
): AuthorizeSubject {
  return { kind: 'tool', name, template: undefined, tags, annotations };
}

function promptSubject(name: string): AuthorizeSubject {
  return { kind: 'prompt', name, template: undefined, tags: [], annotations: undefined };
}

function resourceSubject(name: string, template: string | undefined): AuthorizeSubject {
  return { kind: 'resource', name, template, tags: [], annotations: undefined };
}
