import { readFile } from 'node:fs/promises';

import { REVISIONS } from '../../src/requirements.ts';
import type { Conversation } from '../../src/judge/traffic.ts';
import { authenticationTraffic } from './authentication.ts';
import { authenticatedFindings, findingTraffic } from './findings.ts';
import { headerTraffic } from './headers.ts';
import { httpTraffic } from './http.ts';
import { modernTraffic } from './modern.ts';
import { questionTraffic } from './questions.ts';
import { sessionTraffic } from './sessions.ts';
import { subscriptionTraffic } from './subscriptions.ts';

/** Conversations that go to one pair of servers. */
export interface TrafficSet {
  readonly name: string;
  readonly conversations: readonly Conversation[];
  /** Whether the servers want to know who is asking. */
  readonly authenticated?: boolean;
}

/** Everything both servers are sent. */
export const trafficSets: readonly TrafficSet[] = [
  { name: 'requests of 2026-07-28', conversations: modernTraffic },
  { name: 'headers of 2026-07-28', conversations: headerTraffic },
  { name: 'HTTP', conversations: httpTraffic },
  { name: 'sessions', conversations: sessionTraffic },
  { name: 'questions', conversations: questionTraffic },
  { name: 'subscriptions', conversations: subscriptionTraffic },
  { name: 'findings', conversations: findingTraffic },
  {
    name: 'authentication',
    conversations: [...authenticationTraffic, ...authenticatedFindings],
    authenticated: true,
  },
  ...(await Promise.all(REVISIONS.map(recorded))),
];

/** What the official suite sends for a revision. */
async function recorded(revision: string): Promise<TrafficSet> {
  const text = await readFile(new URL(`suite-${revision}.json`, import.meta.url), 'utf8');
  return { name: `the official suite for ${revision}`, conversations: JSON.parse(text) as Conversation[] };
}
