export { fastifyMcp, type FastifyLike, type FastifyMcpOptions } from './adapters/fastify.ts';
