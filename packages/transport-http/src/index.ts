export { challenge, type Authenticate, type Challenge, type ChallengeOptions } from './endpoint/auth.ts';
export type { HttpOptions, Page, Route } from './endpoint/options.ts';
export type { GuardOptions } from './endpoint/guards.ts';
export type { AuthRequest, HttpHeaders } from './endpoint/message.ts';
export type { HttpAddition, HttpPart, SharedOptions } from './connection/http-part.ts';
export { createHttpHandler, type HandlerOptions, type HttpHandler } from './handler.ts';
export { serveHttp, type HttpServer, type SecureHttpServer, type ServeOptions } from './serve.ts';
export type { CertificateError } from './tls/certificate-error.ts';
export type { TlsFiles, TlsOptions, TlsPair, TlsSettings } from './tls/options.ts';
export type { EventLogOptions } from './sessions/session-log.ts';
export type { SessionOptions } from './sessions/session-pool.ts';
export type {
  BusListener,
  EventBounds,
  EventLog,
  FoundSession,
  HttpState,
  LoggedEvent,
  NewEvent,
  NotificationBus,
  SessionBounds,
  SessionStore,
  StoredSession,
  StreamClaim,
} from './sessions/state.ts';
export { StateUnavailableError } from './sessions/state-error.ts';
