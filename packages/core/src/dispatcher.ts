import type { App } from './app/app.ts';

/**
 * What transports need of an app. Every {@link App} is one; so is anything that answers in its place, like a recording
 * of one.
 */
export type Dispatcher = Pick<
  App,
  'dispatch' | 'subscribe' | 'endSession' | 'info' | 'logger' | 'clock' | 'inputTimeoutMs'
>;
