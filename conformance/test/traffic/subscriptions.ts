import { modern, type Conversation, type Step } from '../../src/judge/traffic.ts';
import { WRONG_VALUES } from './examples.ts';

const all = {
  toolsListChanged: true,
  promptsListChanged: true,
  resourcesListChanged: true,
  resourceSubscriptions: ['test://watched-resource'],
};

const listen = (notifications: unknown, id: unknown = 1): Step => ({
  ...modern('subscriptions/listen', { notifications }, { id }),
  open: true,
});
const trigger = (what: string) => modern('tools/call', { name: `test_trigger_${what}_change` }, { id: 2 });

const filters: Conversation[] = [
  ...[
    all,
    {},
    { toolsListChanged: true },
    { toolsListChanged: false },
    { resourceSubscriptions: [] },
    { resourceSubscriptions: ['test://nothing'] },
    { resourceSubscriptions: ['no uri'] },
    { weather: true },
  ].map((filter) => ({
    name: `listening for ${JSON.stringify(filter)}`,
    steps: [listen(filter)],
  })),
  ...Object.keys(all).flatMap((field) =>
    WRONG_VALUES.map(([what, value]) => ({
      name: `listening with ${what} as ${field}`,
      steps: [listen({ [field]: value })],
    })),
  ),
  { name: 'listening with numbers as URIs', steps: [listen({ resourceSubscriptions: [7] })] },
  ...WRONG_VALUES.map(([what, value]) => ({
    name: `listening with ${what} as notifications`,
    steps: [listen(value)],
  })),
  { name: 'listening without notifications', steps: [modern('subscriptions/listen')] },
  { name: 'listening with a text as id', steps: [listen(all, 'mine')] },
];

const changes: Conversation[] = [
  { name: 'tools change', steps: [listen(all), trigger('tool'), modern('tools/list'), trigger('tool')] },
  { name: 'prompts change', steps: [listen(all), trigger('prompt'), modern('prompts/list')] },
  { name: 'changes nobody asked for', steps: [listen({ promptsListChanged: true }), trigger('tool')] },
  {
    name: 'two listeners',
    steps: [
      listen({ toolsListChanged: true }, 1),
      listen({ toolsListChanged: true, promptsListChanged: true }, 2),
      trigger('tool'),
    ],
  },
  {
    name: 'two listeners with one id',
    steps: [listen({ toolsListChanged: true }, 1), listen({ toolsListChanged: true }, 1), trigger('tool')],
  },
];

/** `subscriptions/listen`, and changes while somebody listens. */
export const subscriptionTraffic: readonly Conversation[] = [...filters, ...changes];
