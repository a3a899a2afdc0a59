import type { Clock, SessionRecord } from '@toolyard/core';

import type { SessionStore } from '../state.ts';
import { script, type RedisConnection } from './redis-connection.ts';

/**
 * Sessions as one hash each, and a sorted set of their ids by last use. Times are those of the calling node; Redis'
 * own expiry only tidies up.
 */
export function redisSessionStore(
  connection: RedisConnection,
  prefix: string,
  clock: Pick<Clock, 'now'>,
): SessionStore {
  const index = `${prefix}sessions`;
  const keyOf = (id: string) => `${prefix}session:${id}`;
  const nodeKeyOf = (node: string) => `${prefix}node:${node}`;

  return {
    async create(id, { owner, tag, endsAt, record }, { idleMs, maxSessions, evictAfterMs }) {
      const created = await connection.run(
        CREATE,
        [keyOf(id), index],
        clock.now(),
        id,
        owner,
        tag,
        endsAt,
        JSON.stringify(record),
        idleMs,
        maxSessions,
        evictAfterMs,
        keyOf(''),
      );
      return created === 1;
    },
    async use(id, owner) {
      const found = await connection.run(USE, [keyOf(id), index], clock.now(), id, owner);
      if (!Array.isArray(found)) return undefined;
      const [tag, endsAt, record, version] = found as string[];
      return {
        owner,
        tag: tag!,
        endsAt: Number(endsAt),
        record: JSON.parse(record!) as SessionRecord,
        version: Number(version),
      };
    },
    async replace(id, record, version) {
      const replaced = await connection.run(REPLACE, [keyOf(id)], JSON.stringify(record), version);
      return typeof replaced === 'number' ? replaced : undefined;
    },
    async delete(id) {
      return (await connection.run(DELETE, [keyOf(id), index], clock.now(), id)) === 1;
    },
    async beat(node, ttlMs) {
      if (ttlMs <= 0) await connection.command('DEL', nodeKeyOf(node));
      else await connection.command('SET', nodeKeyOf(node), String(clock.now() + ttlMs), 'PX', String(ttlMs));
    },
    async isAlive(node) {
      return Number(await connection.command('GET', nodeKeyOf(node))) > clock.now();
    },
  };
}

const CREATE = script(`
  local now, id, idle, max = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[7]), tonumber(ARGV[8])
  redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - idle)
  if redis.call('ZCARD', KEYS[2]) >= max then
    local oldest = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')
    if #oldest == 0 or now - tonumber(oldest[2]) < tonumber(ARGV[9]) then return 0 end
    redis.call('ZREM', KEYS[2], oldest[1])
    redis.call('DEL', ARGV[10] .. oldest[1])
  end
  redis.call('HSET', KEYS[1], 'owner', ARGV[3], 'tag', ARGV[4], 'endsAt', ARGV[5], 'record', ARGV[6],
    'idleMs', idle, 'usedAt', now, 'version', 1)
  redis.call('PEXPIRE', KEYS[1], math.max(1, math.min(idle, tonumber(ARGV[5]) - now)))
  redis.call('ZADD', KEYS[2], now, id)
  return 1`);

const USE = script(`
  local now = tonumber(ARGV[1])
  local found = redis.call('HMGET', KEYS[1], 'owner', 'endsAt', 'usedAt', 'idleMs', 'tag', 'record', 'version')
  if not found[1] or found[1] ~= ARGV[3] then return false end
  local ends, used, idle = tonumber(found[2]), tonumber(found[3]), tonumber(found[4])
  if now >= ends or now - used >= idle then return false end
  redis.call('HSET', KEYS[1], 'usedAt', math.max(now, used))
  redis.call('PEXPIRE', KEYS[1], math.max(1, math.min(idle, ends - now)))
  redis.call('ZADD', KEYS[2], math.max(now, used), ARGV[2])
  return { found[5], found[2], found[6], found[7] }`);

const REPLACE = script(`
  if redis.call('HGET', KEYS[1], 'version') ~= ARGV[2] then return false end
  redis.call('HSET', KEYS[1], 'record', ARGV[1])
  return redis.call('HINCRBY', KEYS[1], 'version', 1)`);

const DELETE = script(`
  local now = tonumber(ARGV[1])
  local found = redis.call('HMGET', KEYS[1], 'endsAt', 'usedAt', 'idleMs')
  redis.call('ZREM', KEYS[2], ARGV[2])
  redis.call('DEL', KEYS[1])
  if not found[1] or now >= tonumber(found[1]) or now - tonumber(found[2]) >= tonumber(found[3]) then return 0 end
  return 1`);
