export { anyOf } from './auth/any-of.ts';
export {
  apiKeyRing,
  type ApiKeyRecord,
  type ApiKeyRing,
  type ApiKeyRingOptions,
  type IssuedApiKey,
} from './auth/api-key-ring.ts';
export { apiKeys, hashApiKey, type ApiKey, type ApiKeySource } from './auth/api-keys.ts';
export type {
  AuthDecision,
  AuthEvents,
  AuthEventsOptions,
  AuthSubject,
  SecurityEvent,
} from './auth/auth-event-types.ts';
export { authEvents } from './auth/auth-events.ts';
export { introspection, type IntrospectionOptions } from './auth/introspection.ts';
export type { JwtAuthOptions, JwtIssuer } from './auth/jwt-options.ts';
export { jwtAuth } from './auth/jwt.ts';
export {
  protectedResource,
  type ProtectedAuthenticate,
  type ProtectedResource,
  type ProtectedResourceOptions,
} from './auth/protected-resource.ts';
export type { AuthSourceError } from './auth/source.ts';
export type { ClaimMapping, TokenClaims } from './auth/token-principal.ts';
export { certificateAuth, type CertificateAuthOptions } from './tls/certificate-auth.ts';
export type { CertificateName, ClientCertificate } from './tls/client-certificate.ts';
