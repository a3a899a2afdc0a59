export { challenge, type Authenticate, type Challenge, type ChallengeOptions } from './endpoint/auth.ts';
export type { HttpOptions, Page, Route } from './endpoint/options.ts';
export type { GuardOptions } from './endpoint/guards.ts';
export type { AuthRequest, HttpHeaders } from './endpoint/message.ts';
export { createHttpHandler, type HttpHandler } from './handler.ts';
export { serveHttp, type HttpServer, type ServeOptions } from './serve.ts';
export type { EventLogOptions } from './sessions/event-log.ts';
export type { SessionOptions } from './sessions/session-pool.ts';
