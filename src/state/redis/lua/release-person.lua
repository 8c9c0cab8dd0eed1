-- Frees a bid in flight; an impression that was recorded stays.
--
-- KEYS[1]  the person, src/state/keys.ts
-- ARGV[1]  field of the row, layout in src/state/redis/person-row.ts
-- Gives    1 when the row was freed
local known = redis.call('HGET', KEYS[1], ARGV[1])
if known and struct.unpack('<d', known, 10) ~= math.huge then return redis.call('HDEL', KEYS[1], ARGV[1]) end
return 0
