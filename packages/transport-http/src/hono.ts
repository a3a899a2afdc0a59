export { honoHandler, type HonoHandler } from './adapters/hono.ts';
