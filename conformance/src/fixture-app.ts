import { createApp, type App, type AppOptions } from '@toolyard/core';

import { askingTools } from './fixtures/asking-tools.ts';
import { changeTriggers } from './fixtures/change-triggers.ts';
import { contentTools } from './fixtures/content-tools.ts';
import { prompts } from './fixtures/prompts.ts';
import { resources } from './fixtures/resources.ts';
import { roundTripTools } from './fixtures/round-trip-tools.ts';
import { runningTools } from './fixtures/running-tools.ts';
import { schemaTools } from './fixtures/schema-tools.ts';

/** An app with everything the official suite expects of a server, tasks and skills aside. */
export function createFixtureApp(options: Partial<AppOptions> = {}): App {
  return createApp({ name: 'toolyard-conformance', version: '1.0.0', ...options })
    .add(...contentTools, ...runningTools, ...schemaTools, ...askingTools, ...roundTripTools)
    .add(...resources, ...prompts)
    .install(changeTriggers);
}
