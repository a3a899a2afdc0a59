export { apiKeys, hashApiKey, type ApiKey } from './auth/api-keys.ts';
