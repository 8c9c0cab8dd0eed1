-- Grants to a lease what buckets have left: limit less spent less leased.
--
-- KEYS[3]  nodes whose journals are awaited · KEYS[4] the lease
-- ARGV[6…] fours of bucket, unit, limit and amount
-- Gives    OK and each amount; all are 0 for a lease that is not open, and while a book that was flushed is told again
local refused = begin()
if refused then return refused end
local lease = KEYS[4]
local row = redis.call('HMGET', lease, 'node', 'closed')
local open = row[1] == node and row[2] ~= '1'
  and redis.call('SCARD', KEYS[3]) == 0 and number(redis.call('HGET', book, 'shut')) <= now
local answer, writes = { 'OK' }, {}
for index = 6, #ARGV, 4 do
  local place = ARGV[index] .. '|' .. ARGV[index + 1]
  local granted = 0
  if open then
    local leased = number(redis.call('HGET', book, 'l|' .. place))
    local left = math.min(tonumber(ARGV[index + 2]), MOST) - split(redis.call('HGET', book, 's|' .. place)) - leased
    granted = math.max(0, math.min(tonumber(ARGV[index + 3]), left))
    local before, settled = number(redis.call('HGET', lease, 'g|' .. place)), split(redis.call('HGET', lease, 's|' .. place))
    redis.call('HSET', lease, 'g|' .. place, text(before + granted))
    -- Where late wins took more than was granted, a grant makes up for that first.
    local more = math.max(0, before + granted - settled) - math.max(0, before - settled)
    redis.call('HSET', book, 'l|' .. place, text(leased + more))
  end
  answer[#answer + 1] = text(granted)
end
return finish(answer)
