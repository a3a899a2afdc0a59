import {
  inSession,
  modern,
  opening,
  request,
  type Conversation,
  type Step,
} from '../../src/judge/traffic.ts';
import type { Base } from '../../src/judge/judge-mutation.ts';
import { examples, variations } from './examples.ts';
import { trafficSets } from './index.ts';

const wellFormed = [...examples, ...variations];

const modernExamples: readonly Conversation[] = [
  { name: 'server/discover', steps: [modern('server/discover')] },
  ...wellFormed.map(({ method, about, params }) => ({
    name: `${method}: ${about}`,
    steps: [modern(method, params)],
  })),
  {
    name: 'tools/call with a parameter in a header',
    steps: [
      modern(
        'tools/call',
        { name: 'route', arguments: { region: 'eu' } },
        { headers: { 'mcp-param-region': 'eu' } },
      ),
    ],
  },
];

const sessionExamples: readonly Conversation[] = (['2025-11-25', '2025-03-26'] as const).flatMap((revision) =>
  wellFormed.map(({ method, about, params }) => ({
    name: `${method}: ${about}, in ${revision}`,
    steps: [...opening(revision), inSession(request(method, params), revision)],
  })),
);

const all: readonly Base[] = [
  ...[...modernExamples, ...sessionExamples].map((conversation) => ({ conversation, authenticated: false })),
  ...trafficSets.flatMap(({ conversations, authenticated = false }) =>
    conversations.map((conversation) => ({ conversation, authenticated })),
  ),
];

/** Every example there is: ours, the recordings of the official suites, and the traffic written by hand. */
export const bases: Readonly<Record<'2026-07-28' | 'sessions', readonly Base[]>> = {
  '2026-07-28': all.filter(({ conversation }) => !conversation.steps.some(isOfSession)),
  sessions: all.filter(({ conversation }) => conversation.steps.some(isOfSession)),
};

function isOfSession({ headers, body = '' }: Step): boolean {
  return 'mcp-session-id' in headers || body.includes('"initialize"');
}
