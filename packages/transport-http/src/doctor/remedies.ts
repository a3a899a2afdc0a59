import type { Remedy } from './report.ts';

const nginx = (setting: string): Remedy => ({ where: 'nginx', setting });
const traefik = (setting: string): Remedy => ({ where: 'Traefik', setting });
const cloudflare = (setting: string): Remedy => ({ where: 'Cloudflare', setting });
const server = (setting: string): Remedy => ({ where: 'server', setting });
const client = (setting: string): Remedy => ({ where: 'client', setting });

/** What helps against each problem, by proxy. */
export const REMEDIES = {
  notReachable: [
    server(
      'Is it running, and bound to an address others can reach (host: "0.0.0.0" with auth, or behind a proxy)?',
    ),
    server('Is the port open in the firewall and published by the container?'),
  ],
  upstreamDown: [
    nginx('proxy_pass must name the port the server listens on; see "connect() failed" in error.log'),
    traefik(
      'loadbalancer.server.port must be the port inside the container, on a network Traefik shares with it',
    ),
    cloudflare(
      '52x: the origin does not answer on the port of the DNS record, or its firewall blocks Cloudflare',
    ),
    server('A server in a container has to listen on 0.0.0.0, not on 127.0.0.1'),
  ],
  path: [
    nginx(
      'location /mcp { proxy_pass http://127.0.0.1:9001; } without a path: one after the port replaces the prefix',
    ),
    traefik('No StripPrefix middleware, or serve the path that is left: createHttpHandler(app, { path })'),
    server('path and publicUrl say where MCP is; serveHttp has it at /mcp'),
  ],
  redirect: [
    client('Use the URL it redirects to'),
    nginx(
      'location = /mcp beside location /mcp/; redirect with 308 instead of 301, which turns POST into GET',
    ),
    traefik('redirectScheme with permanent answers 301 or 308 by version; give clients the https URL'),
    cloudflare(
      '"Always Use HTTPS" answers 301; with SSL mode "Flexible" and a redirect at the origin it never ends',
    ),
  ],
  hostRefused: [
    nginx('proxy_set_header Host $host; its default is the name of the upstream'),
    traefik('loadBalancer.passHostHeader: true, which is the default'),
    server('publicUrl: "https://tools.example/mcp", or the name among allowedHosts'),
  ],
  forbidden: [
    cloudflare('A WAF rule or Bot Fight Mode answers 403 or 503 to programs: skip them for the path of MCP'),
    nginx('Look for deny, allow and limit_except in the location'),
  ],
  hostUnchecked: [
    nginx(
      'server_name with the real name, a default_server that returns 444, and proxy_set_header Host $host',
    ),
    traefik('Route by Host(`tools.example`), not by path alone'),
    server('allowedHosts with names instead of "any"'),
  ],
  originUnchecked: [
    server('Refuse foreign Origin headers with 403 (DNS rebinding): allowedOrigins, publicUrl'),
    nginx('Do not clear it: no proxy_set_header Origin "";'),
    traefik('No customRequestHeaders that empty Origin'),
  ],
  preflight: [
    nginx('Pass OPTIONS on: no "return 204", no auth_basic and no limit_except for it'),
    traefik(
      'No basicAuth or forwardAuth before OPTIONS; no headers middleware with accessControl* beside the server',
    ),
    cloudflare('Access: let "Bypass options requests to origin" pass preflight'),
    server('allowedOrigins with the origin of the page'),
  ],
  resourceMetadata: [
    nginx(
      'location /.well-known/oauth-protected-resource { proxy_pass http://127.0.0.1:9001; } beside the one of /mcp',
    ),
    traefik('Rule: Path(`/mcp`) || PathPrefix(`/.well-known/oauth-protected-resource`)'),
    server('resource must be the URL that clients use, letter for letter'),
  ],
  authenticate: [
    server('401 has to carry WWW-Authenticate: Bearer resource_metadata="…" (protectedResource in ./auth)'),
    nginx('No proxy_hide_header WWW-Authenticate, no error_page 401'),
  ],
  credentialsRefused: [
    nginx(
      'Authorization is passed on unless proxy_set_header Authorization replaces it or auth_basic takes it',
    ),
    traefik('basicAuth with removeHeader, or forwardAuth, takes the header away'),
    server('Is the token for this resource (aud), from this issuer, not expired? See the check "clock"'),
  ],
  modernHeaders: [
    nginx(
      'Pass Mcp-Method, Mcp-Name and MCP-Protocol-Version on as they came: no proxy_pass_request_headers off',
    ),
    traefik('No customRequestHeaders for Mcp-*'),
  ],
  sessionHeader: [
    nginx('Let the header through both ways: no proxy_hide_header or proxy_set_header for Mcp-Session-Id'),
    traefik('No customRequestHeaders or customResponseHeaders for Mcp-Session-Id'),
  ],
  body: [
    nginx('client_max_body_size 5m; its default is 1m'),
    traefik('buffering.maxRequestBodyBytes of at least 5242880, or no buffering middleware'),
    cloudflare('Free plans take 100 MB; a WAF rule may have less'),
    server('maxBodyBytes, 4 MiB by default'),
  ],
  sessions: [
    server('Let all nodes share sessions (state), or run one node'),
    nginx(
      'upstream { hash $http_mcp_session_id consistent; } keeps one session on one node, but not initialize',
    ),
    traefik('A sticky cookie does not help: MCP clients keep no cookies'),
    cloudflare('Load balancing with session affinity by the header Mcp-Session-Id'),
  ],
  keepAlive: [
    nginx('keepalive_timeout above 0'),
    traefik('entryPoints.<name>.transport.keepAliveMaxRequests and keepAliveMaxTime of 0 (no limit)'),
  ],
  clock: [server('Set the time by NTP: tokens with iat, nbf and exp are refused when clocks differ')],
  streamHeaders: [
    nginx('proxy_buffering off; gzip off; and no add_header Content-Length or Cache-Control in the location'),
    traefik('compress.excludedContentTypes: [text/event-stream]'),
    cloudflare('A compression rule without text/event-stream; a cache rule "bypass" for the path'),
  ],
  buffering: [
    nginx('proxy_buffering off; proxy_http_version 1.1; and no proxy_ignore_headers X-Accel-Buffering'),
    nginx('gzip off; or no text/event-stream among gzip_types'),
    traefik(
      'No buffering middleware with maxResponseBodyBytes; compress.excludedContentTypes: [text/event-stream]',
    ),
    cloudflare('Cache rule "bypass"; no "Response Buffering" (Enterprise)'),
    server('Send a comment as the first byte of every stream, with X-Accel-Buffering: no'),
  ],
  idle: [
    nginx('proxy_read_timeout 1h; proxy_send_timeout 1h; and send_timeout 1h; the default is 60s'),
    traefik(
      'respondingTimeouts of the entry point: readTimeout 0 (60s by default since 2.11.2), writeTimeout 0',
    ),
    cloudflare('Ends a response that is silent for 100 s (524)'),
    server('keepAliveMs below the shortest limit between: 15 000 by default'),
  ],
  certificate: [
    nginx('ssl_certificate fullchain.pem, with the intermediates; reload after renewal'),
    traefik(
      'A certResolver with the domain of the router; without it Traefik presents its own default certificate',
    ),
    cloudflare(
      'SSL mode "Full (strict)", and a proxied record whose name the edge certificate covers (one level deep)',
    ),
    client('A private authority: give its certificate (ca, --ca; NODE_EXTRA_CA_CERTS for Node clients)'),
  ],
} as const satisfies Record<string, readonly Remedy[]>;
