export { expressHandler, type ExpressHandler } from './adapters/express.ts';
