import type {
  OAuthClientInformationContext,
  OAuthClientMetadata,
  OAuthClientProvider,
  OAuthDiscoveryState,
  StoredOAuthClientInformation,
  StoredOAuthTokens,
} from '@modelcontextprotocol/client';

import type { Registration } from './assignment.ts';

/** An OAuth client whose person agrees to everything at once: it follows the authorization URL itself. */
export class InstantConsent implements OAuthClientProvider {
  readonly redirectUrl = 'http://localhost:3000/callback';
  /** The document the suite's authorization servers know; nobody fetches it. */
  readonly clientMetadataUrl = 'https://conformance-test.local/client-metadata.json';
  readonly clientMetadata: OAuthClientMetadata = {
    client_name: 'toolyard-conformance-client',
    redirect_uris: [this.redirectUrl],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
  };
  readonly #registrations = new Map<string, StoredOAuthClientInformation>();
  readonly #tokens = new Map<string, StoredOAuthTokens>();
  #latestTokens: StoredOAuthTokens | undefined;
  #verifier = '';
  #callback: URLSearchParams | undefined;
  #discovery: OAuthDiscoveryState | undefined;

  constructor(registration: Registration | undefined) {
    if (registration) this.#registrations.set(registration.issuer, registration);
  }

  /** What the authorization server sent the person back with. */
  takeCallback(): URLSearchParams {
    if (!this.#callback) throw new Error('The authorization server sent nobody back.');
    return this.#callback;
  }

  clientInformation(context?: OAuthClientInformationContext): StoredOAuthClientInformation | undefined {
    return context && this.#registrations.get(context.issuer);
  }
  saveClientInformation(
    information: StoredOAuthClientInformation,
    context?: OAuthClientInformationContext,
  ): void {
    if (context) this.#registrations.set(context.issuer, information);
  }

  tokens(context?: OAuthClientInformationContext): StoredOAuthTokens | undefined {
    return context ? this.#tokens.get(context.issuer) : this.#latestTokens;
  }
  saveTokens(tokens: StoredOAuthTokens, context?: OAuthClientInformationContext): void {
    if (context) this.#tokens.set(context.issuer, tokens);
    this.#latestTokens = tokens;
    // Discovered for this authorization alone: by the next one, the server may trust somebody else.
    this.#discovery = undefined;
  }

  async redirectToAuthorization(authorizationUrl: URL): Promise<void> {
    const response = await fetch(authorizationUrl, { redirect: 'manual' });
    const location = response.headers.get('location');
    if (location === null)
      throw new Error(`The authorization server answered ${response.status} without a redirect.`);
    this.#callback = new URL(location).searchParams;
  }

  saveCodeVerifier(verifier: string): void {
    this.#verifier = verifier;
  }
  codeVerifier(): string {
    return this.#verifier;
  }

  saveDiscoveryState(state: OAuthDiscoveryState): void {
    this.#discovery = state;
  }
  discoveryState(): OAuthDiscoveryState | undefined {
    return this.#discovery;
  }
}
