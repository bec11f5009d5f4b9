/**
 * Each change of a record is one script, which the server runs without anybody in between. A record is a hash of value,
 * version, consumed, and the keys of the alias and group that it holds; a group is a sorted set of its members by the
 * millisecond at which they expire, so that those who did are dropped at the next write.
 *
 * Time is the server's: a record outlives no clock of a replica. A key that is not wanted (no alias, no group, no
 * tombstone) is given as the record's own.
 */

const LEAVE = `
local function leave(key, alias, group)
  if alias and redis.call('GET', alias) == key then redis.call('DEL', alias) end
  if group then redis.call('ZREM', group, key) end
end
local function remove(key)
  local was = redis.call('HMGET', key, 'alias', 'group')
  leave(key, was[1], was[2])
  redis.call('DEL', key)
end`;

/** Whatever lay there keeps its version and its consume; alias and group are those of the newest write. */
const WRITE = `${LEAVE}
local key, unless, alias, group = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local value, ttl, expected = ARGV[1], tonumber(ARGV[2]), ARGV[3]
if unless ~= key and redis.call('EXISTS', unless) == 1 then return 'blocked' end
local was = redis.call('HMGET', key, 'version', 'alias', 'group')
local version = tonumber(was[1] or '0')
if expected ~= '' and tonumber(expected) ~= version then return 'conflict' end
leave(key, was[2], was[3])
if was[2] or was[3] then redis.call('HDEL', key, 'alias', 'group') end
redis.call('HSET', key, 'value', value, 'version', version + 1)
if alias ~= key then
  redis.call('HSET', key, 'alias', alias)
  redis.call('SET', alias, key)
  redis.call('PEXPIRE', alias, ttl)
end
if group ~= key then
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  redis.call('HSET', key, 'group', group)
  redis.call('ZREMRANGEBYSCORE', group, '-inf', now)
  redis.call('ZADD', group, now + ttl, key)
  if redis.call('PTTL', group) < ttl then redis.call('PEXPIRE', group, ttl) end
end
redis.call('PEXPIRE', key, ttl)
return 'written'`;

const READ_BY_ALIAS = `
local key = redis.call('GET', KEYS[1])
if not key then return false end
return redis.call('HMGET', key, 'value', 'version', 'consumed')`;

const CONSUME = `
if redis.call('EXISTS', KEYS[1]) == 0 then return 'missing' end
if redis.call('HSETNX', KEYS[1], 'consumed', ARGV[1]) == 0 then return 'already' end
redis.call('HINCRBY', KEYS[1], 'version', 1)
return 'consumed'`;

const REMOVE = `${LEAVE}
remove(KEYS[1])
return 1`;

/** A member that expired and was written anew may belong to another group by now. */
const REMOVE_GROUP = `${LEAVE}
for _, key in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  if redis.call('HGET', key, 'group') == KEYS[1] then remove(key) end
end
return redis.call('DEL', KEYS[1])`;

/** As the client takes them: `numberOfKeys` come first, the values after them. */
export const SCRIPTS = {
  ssoWrite: { lua: WRITE, numberOfKeys: 4 },
  ssoReadByAlias: { lua: READ_BY_ALIAS, numberOfKeys: 1 },
  ssoConsume: { lua: CONSUME, numberOfKeys: 1 },
  ssoRemove: { lua: REMOVE, numberOfKeys: 1 },
  ssoRemoveGroup: { lua: REMOVE_GROUP, numberOfKeys: 1 },
} as const;
