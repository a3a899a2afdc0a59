// This list is the public API of @toolyard/transport-http/redis.
export type {
  IoRedisClient,
  NodeRedisClient,
  RedisClient,
  RedisLike,
  RedisListener,
  RedisSubscriber,
} from './sessions/redis/redis-like.ts';
export { redisState, type RedisStateOptions } from './sessions/redis/redis-state.ts';
