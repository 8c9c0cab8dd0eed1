-- Reads one person and lets go of bids in flight that have expired.
--
-- KEYS[1]  the person, src/state/keys.ts
-- ARGV[1]  now, a double of 8 bytes
-- Gives    since when the rows are complete, then the rows; layout in src/state/redis/person-row.ts
--
-- Checks first and writes last, since Redis undoes nothing. The loop is bounded by the rows that touch-person.lua keeps.
local now = struct.unpack('<d', ARGV[1])
local person = redis.call('HGETALL', KEYS[1])
local parts = { struct.pack('<d', -math.huge) }
local expired = {}
for index = 1, #person, 2 do
  local field, value = person[index], person[index + 1]
  if field == 'since' then
    parts[1] = value
  elseif struct.unpack('<d', value, 10) <= now then
    expired[#expired + 1] = field
  else
    parts[#parts + 1] = value
  end
end
if #expired > 0 then redis.call('HDEL', KEYS[1], unpack(expired)) end
return table.concat(parts)
