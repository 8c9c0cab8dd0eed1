-- Gives back what a lease does not need: afterwards it holds so much beyond what was settled.
--
-- KEYS[3]  the lease · ARGV[6] bucket · ARGV[7] unit · ARGV[8] what to keep
-- Gives    OK, what is granted now
local refused = begin()
if refused then return refused end
local place = ARGV[6] .. '|' .. ARGV[7]
local granted = number(redis.call('HGET', KEYS[3], 'g|' .. place))
local settled = split(redis.call('HGET', KEYS[3], 's|' .. place))
local free = granted - settled
local keep = math.min(free, tonumber(ARGV[8]))
if free > 0 and redis.call('HGET', KEYS[3], 'closed') ~= '1' then
  granted = settled + keep
  redis.call('HSET', KEYS[3], 'g|' .. place, text(granted))
  redis.call('HSET', book, 'l|' .. place, text(number(redis.call('HGET', book, 'l|' .. place)) - (free - keep)))
end
return finish({ 'OK', text(granted) })
