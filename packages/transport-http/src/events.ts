export { followApp, type AppFeedEvents } from './events/app-events.ts';
export { createEventFeed, type EventFeed, type FeedServingOptions } from './events/event-feed.ts';
export type { FeedEvent, FeedLogOptions, FeedOptions, FeedReader } from './events/options.ts';
