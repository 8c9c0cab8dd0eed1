-- Adds what a node spent before it shared a ledger, once.
--
-- ARGV[6]  how many parts were added before this one · ARGV[7…] fives of bucket, micros, their thousandths, impressions, their thousandths
-- Gives    OK. A part without rows is the last one.
local refused = begin()
if refused then return refused end
if (redis.call('HGET', nodes, node .. '|parts') or '0') == ARGV[6] then
  for index = 7, #ARGV, 5 do
    for offset, unit in ipairs({ 'micros', 'impressions' }) do
      local key = 's|' .. ARGV[index] .. '|' .. unit
      local whole, rest = split(redis.call('HGET', book, key))
      rest = rest + tonumber(ARGV[index + offset * 2])
      whole = whole + tonumber(ARGV[index + offset * 2 - 1]) + math.floor(rest / 1000)
      redis.call('HSET', book, key, text(whole) .. ':' .. text(rest % 1000))
    end
  end
  redis.call('HINCRBY', nodes, node .. '|parts', 1)
  if #ARGV < 7 then redis.call('HSET', nodes, node .. '|before', '1') end
end
return finish({ 'OK' })
