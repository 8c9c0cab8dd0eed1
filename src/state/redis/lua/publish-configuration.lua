-- Appends a version to what all nodes agree on: a book, or the emergency stop. Sent twice it counts once, since what says
-- the same as the newest version is that version; so do the same files, read by several nodes at their own time.
--
-- KEYS[1]  log of versions, a stream, src/state/keys.ts
-- KEYS[2]  the newest, a hash
-- ARGV[1]  'book' or 'stop'
-- ARGV[2]  hash of the files it was read from; empty for what came by the API
-- ARGV[3]  checksum of the book; '1' or '0' for the stop
-- ARGV[4]  the book, packed; empty for the stop
-- ARGV[5]  name of the node
-- ARGV[6]  time in ms
-- ARGV[7]  the least number that the version before may have: a store that was emptied counts on
-- ARGV[8]  channel that is told
-- ARGV[9]  versions kept
-- Gives    the number of the version that says it
local log, head = KEYS[1], KEYS[2]
local kind, files, checksum, body = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local version = tonumber(redis.call('HGET', head, 'version') or '0')
if kind == 'book' then
  local known = redis.call('HGET', head, 'checksum') == checksum
  if known and files ~= '' then redis.call('HSET', head, 'files', files) end
  if known or (files ~= '' and redis.call('HGET', head, 'files') == files) then return version end
elseif redis.call('HGET', head, 'stopped') == checksum then
  return version
end
version = math.max(version, tonumber(ARGV[7])) + 1
local number = string.format('%.0f', version)
redis.call('HSET', head, 'version', number)
if kind == 'book' then
  redis.call('HSET', head, 'checksum', checksum, 'body', body, 'book', number)
  if files ~= '' then redis.call('HSET', head, 'files', files) end
else
  redis.call('HSET', head, 'stopped', checksum)
end
if redis.call('EXISTS', log) == 1 then
  local last = redis.call('XREVRANGE', log, '+', '-', 'COUNT', 1)
  if last[1] and tonumber(string.match(last[1][1], '^%d+')) >= version then redis.call('DEL', log) end
end
redis.call('XADD', log, 'MAXLEN', ARGV[9], number .. '-0',
  'kind', kind, 'checksum', checksum, 'body', body, 'node', ARGV[5], 'at', ARGV[6])
redis.call('PUBLISH', ARGV[8], number)
return version
