/** What can be switched on in `toolyard-features.ts`. */
export const features = ['plain', 'auth', 'telemetry', 'rate-limit', 'cache', 'audit', 'all'] as const;

export type Feature = (typeof features)[number];

/** The key that the server with `auth` knows. */
export const apiKey = 'bench-key-0123456789abcdef0123456789';
