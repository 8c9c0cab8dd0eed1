-- Writes a node's lease as the node knows it: a new one, and one that a failover or a flush has forgotten in part.
--
-- KEYS[3]  ids of open leases · KEYS[4] the lease
-- ARGV[6]  id · ARGV[7] how long a bid may be open, ms · ARGV[8…] triples of bucket, unit and what was granted
-- Gives    OK and what is granted by the book, for each triple; or CLOSED where it was closed meanwhile
--
-- Runs whatever act the book remembers: it is what brings both together again. Grants only grow by it.
local known = redis.call('HGET', book, 'epoch')
if known ~= epoch then return { 'EPOCH', known or '' } end
local whose = redis.call('HGET', nodes, node .. '|incarnation')
if whose ~= incarnation then return { whose and 'FENCED' or 'EPOCH', known } end
local lease = KEYS[4]
local closed = redis.call('HGET', lease, 'closed') == '1'
local answer = { closed and 'CLOSED' or 'OK' }
if not closed then
  redis.call('HSET', lease, 'node', node, 'hold', ARGV[7])
  redis.call('HSETNX', lease, 'closes', '')
  redis.call('SADD', KEYS[3], ARGV[6])
  redis.call('HSET', book, 'lease', text(math.max(number(redis.call('HGET', book, 'lease')), tonumber(ARGV[6]))))
  for index = 8, #ARGV, 3 do
    local place = ARGV[index] .. '|' .. ARGV[index + 1]
    local granted = number(redis.call('HGET', lease, 'g|' .. place))
    local settled = split(redis.call('HGET', lease, 's|' .. place))
    local wished = math.max(granted, tonumber(ARGV[index + 2]))
    local more = math.max(0, wished - settled) - math.max(0, granted - settled)
    redis.call('HSET', lease, 'g|' .. place, text(wished))
    answer[#answer + 1] = text(wished)
    if more ~= 0 then redis.call('HSET', book, 'l|' .. place, text(number(redis.call('HGET', book, 'l|' .. place)) + more)) end
  end
end
return finish(answer)
