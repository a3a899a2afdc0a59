import type { Clock } from '@toolyard/core';

import type { EventLog } from '../state.ts';
import { script, type RedisConnection } from './redis-connection.ts';

/**
 * The events of a session as one Redis Stream, whose entry ids are the positions, and a hash with the last position,
 * the size and the claims. Those who follow are told over a channel.
 */
export function redisEventLog(
  connection: RedisConnection,
  prefix: string,
  clock: Pick<Clock, 'now'>,
): EventLog {
  const streamOf = (session: string) => `${prefix}events:${session}`;
  const stateOf = (session: string) => `${prefix}log:${session}`;

  return {
    async append(session, { stream, text, epoch }, { maxEvents, maxBytes, maxAgeMs }) {
      const position = await connection.run(
        text === undefined ? MARK : APPEND,
        [stateOf(session), streamOf(session)],
        clock.now(),
        stream,
        epoch ?? '',
        maxAgeMs,
        maxEvents,
        maxBytes,
        text ?? '',
      );
      return position === null ? undefined : Number(position);
    },
    async read(session, stream, after) {
      const entries = await connection.command('XRANGE', streamOf(session), `${after}-1`, '+');
      return (entries as [string, string[]][]).flatMap(([id, [, of, , text]]) =>
        of === stream && text !== undefined ? [{ position: Number(id.split('-', 1)[0]), text }] : [],
      );
    },
    follow(session, listener) {
      let stop: (() => void) | undefined;
      let stopped = false;
      connection.subscribe(streamOf(session), { message: listener, gap: listener }).then(
        (unsubscribe) => {
          stop = unsubscribe;
          if (stopped) unsubscribe();
          else listener();
        },
        // Those who follow also look now and then by themselves.
        () => {},
      );
      return () => {
        stopped = true;
        stop?.();
      };
    },
    async claim(session, stream, holder, ttlMs) {
      const [epoch, former] = (await connection.run(
        CLAIM,
        [stateOf(session)],
        clock.now(),
        stream,
        holder,
        ttlMs,
      )) as [string, string];
      return { epoch: Number(epoch), former: former === '' ? undefined : former };
    },
    async renew(session, stream, epoch, ttlMs) {
      return (await connection.run(RENEW, [stateOf(session)], clock.now(), stream, epoch, ttlMs)) === 1;
    },
    async drop(session) {
      await connection.command('DEL', streamOf(session), stateOf(session));
    },
  };
}

const SHARED = `
  local now, stream = tonumber(ARGV[1]), ARGV[2]
  local function nextNumber()
    local last = tonumber(redis.call('HGET', KEYS[1], 'last') or 0)
    local number = string.format('%.0f', math.max(last + 1, now * 1000))
    redis.call('HSET', KEYS[1], 'last', number)
    return number
  end
  local function keepFor(ms)
    if redis.call('PTTL', KEYS[1]) < ms then redis.call('PEXPIRE', KEYS[1], ms) end
  end
  local function claimed()
    local claim = redis.call('HMGET', KEYS[1], 'epoch:' .. stream, 'until:' .. stream, 'holder:' .. stream)
    if claim[1] and tonumber(claim[2]) > now then return tonumber(claim[1]), claim[3] end
    return 0, ''
  end
`;

const MARK = script(`${SHARED}
  if ARGV[3] ~= '' and tonumber(ARGV[3]) < claimed() then return false end
  local number = nextNumber()
  keepFor(tonumber(ARGV[4]))
  return number`);

const APPEND = script(`${SHARED}
  if ARGV[3] ~= '' and tonumber(ARGV[3]) < claimed() then return false end
  local number, age = nextNumber(), tonumber(ARGV[4])
  if redis.call('EXISTS', KEYS[2]) == 0 then redis.call('HSET', KEYS[1], 'bytes', 0) end
  redis.call('XADD', KEYS[2], number .. '-0', 's', stream, 't', ARGV[7])
  local bytes = redis.call('HINCRBY', KEYS[1], 'bytes', #ARGV[7])
  local left = redis.call('XLEN', KEYS[2])
  while left > 1 do
    local oldest = redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', 1)[1]
    local at = tonumber(string.match(oldest[1], '^%d+')) / 1000
    if left <= tonumber(ARGV[5]) and bytes <= tonumber(ARGV[6]) and at > now - age then break end
    redis.call('XDEL', KEYS[2], oldest[1])
    bytes = redis.call('HINCRBY', KEYS[1], 'bytes', -#oldest[2][4])
    left = left - 1
  end
  redis.call('PEXPIRE', KEYS[2], age)
  keepFor(age)
  redis.call('PUBLISH', KEYS[2], '')
  return number`);

const CLAIM = script(`${SHARED}
  local _, former = claimed()
  local epoch = nextNumber()
  redis.call('HSET', KEYS[1], 'epoch:' .. stream, epoch, 'until:' .. stream, now + tonumber(ARGV[4]),
    'holder:' .. stream, ARGV[3])
  keepFor(tonumber(ARGV[4]))
  return { epoch, former }`);

const RENEW = script(`${SHARED}
  local ttl = tonumber(ARGV[4])
  if claimed() ~= tonumber(ARGV[3]) then return 0 end
  if ttl <= 0 then
    redis.call('HDEL', KEYS[1], 'epoch:' .. stream, 'until:' .. stream, 'holder:' .. stream)
    return 1
  end
  redis.call('HSET', KEYS[1], 'until:' .. stream, now + ttl)
  keepFor(ttl)
  return 1`);
