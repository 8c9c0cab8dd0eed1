-- Adds a row to a person: a bid in flight, or what really happened. Sent twice it counts once; a bid in flight that is
-- held again moves its expiry; what happened takes the place of its bid in flight and is never taken back.
--
-- KEYS[1]  the person, src/state/keys.ts
-- ARGV[1]  field of the row, layout in src/state/redis/person-row.ts
-- ARGV[2]  the row
-- ARGV[3]  how long the key has to live for this row, in ms
-- ARGV[4]  how long a key lives in which something happened, in ms
-- ARGV[5]  the most rows of a person
-- Gives    1 when the row was written, 0 when it was known
local EXPIRY = 10
local key, field, row = KEYS[1], ARGV[1], ARGV[2]
local mine, keep, most = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local known = redis.call('HGET', key, field)
if known and struct.unpack('<d', known, EXPIRY) == math.huge then return 0 end
local happened = struct.unpack('<d', row, EXPIRY) == math.huge

-- Bids in flight that have expired go first, then the oldest rows; from then on less is known.
local function trim()
  local now = struct.unpack('<d', row, 2)
  local person = redis.call('HGETALL', key)
  local rows, gone, since = {}, {}, -math.huge
  for index = 1, #person, 2 do
    local name, value = person[index], person[index + 1]
    if name == 'since' then
      since = struct.unpack('<d', value)
    elseif struct.unpack('<d', value, EXPIRY) <= now then
      gone[#gone + 1] = name
    else
      rows[#rows + 1] = { name, (struct.unpack('<d', value, 2)) }
    end
  end
  if #rows > most then
    table.sort(rows, function(a, b) return a[2] < b[2] end)
    for index = 1, #rows - most do
      gone[#gone + 1] = rows[index][1]
      since = math.max(since, rows[index][2] + 1)
    end
    redis.call('HSET', key, 'since', struct.pack('<d', since))
  end
  if #gone > 0 then redis.call('HDEL', key, unpack(gone)) end
end

redis.call('HSET', key, field, row)
-- The field `since` marks people worth keeping: something happened to them, or was forgotten of them.
if happened then redis.call('HSETNX', key, 'since', struct.pack('<d', -math.huge)) end
if redis.call('HLEN', key) > most then trim() end
if redis.call('HEXISTS', key, 'since') == 1 then
  redis.call('PEXPIRE', key, keep)
elseif redis.call('PTTL', key) < mine then
  redis.call('PEXPIRE', key, mine)
end
return 1
