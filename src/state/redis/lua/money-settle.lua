-- Books what a journal charged: each bid once, whichever nodes tell of it and however often.
--
-- KEYS[3…] leases, what came to each of them by other nodes, and bids by hour, as the charges below name them
-- ARGV[6]  entry of the journal before the first of these · ARGV[7] the last of these
-- ARGV[8]  how long bids are remembered, ms
-- ARGV[9…] nines: bid, index in KEYS of its lease, of that lease's foreign charges, and of its hour,
--          cost in thousandths of a micro, impressions in thousandths, campaign, line item, day
-- Gives    OK and for each the micros that no lease had left for it, or SEQ and the entry that was told last
local refused = begin()
if refused then return refused end
local told = redis.call('HGET', nodes, node .. '|told')
if told ~= ARGV[6] then return finish({ 'SEQ', told }) end

local function outstanding(granted, settled)
  return math.max(0, granted - settled)
end

-- Books thousandths to a bucket and its lease; gives the part that the lease had no room for, and whether it counts as foreign.
local function charge(lease, foreign, owner, place, thousandths)
  local sum, _, grown = add(redis.call('HGET', book, 's|' .. place), thousandths)
  redis.call('HSET', book, 's|' .. place, sum)
  local row = redis.call('HMGET', lease, 'g|' .. place, 's|' .. place, 'closed')
  if not owner then return grown, '0' end
  if not row[1] then return 0, '0' end
  local granted, before = tonumber(row[1]), split(row[2])
  local settled, after, more = add(row[2], thousandths)
  local late = math.min(more, outstanding(after, granted))
  if row[3] == '1' then
    -- A closed lease stays empty: what is still charged to it is granted after the fact.
    late = more
    redis.call('HSET', lease, 's|' .. place, settled, 'g|' .. place, text(granted + more))
  else
    redis.call('HSET', lease, 's|' .. place, settled)
    local freed = outstanding(granted, before) - outstanding(granted, after)
    if freed ~= 0 then redis.call('HSET', book, 'l|' .. place, text(number(redis.call('HGET', book, 'l|' .. place)) - freed)) end
  end
  if owner == node then return late, '0' end
  redis.call('HSET', foreign, place, (add(redis.call('HGET', foreign, place), thousandths)))
  return late, '1'
end

local UNITS = { 'micros', 'impressions' }
local answer = { 'OK' }
for index = 9, #ARGV, 9 do
  local bid, lease, foreign, hour = ARGV[index], KEYS[tonumber(ARGV[index + 1])], KEYS[tonumber(ARGV[index + 2])], KEYS[tonumber(ARGV[index + 3])]
  local amounts = { tonumber(ARGV[index + 4]), tonumber(ARGV[index + 5]) }
  local campaign, line, day = ARGV[index + 6], ARGV[index + 7], ARGV[index + 8]
  local buckets = { 'campaign/' .. campaign .. '/life', 'campaign/' .. campaign .. '/' .. day, 'line_item/' .. line .. '/life', 'line_item/' .. line .. '/' .. day }
  local owner = redis.call('HGET', lease, 'node')
  local late = 0
  if redis.call('HSETNX', hour, bid, '') == 1 then
    local marks = {}
    for _, bucket in ipairs(buckets) do
      for unit, amount in ipairs(amounts) do
        local place = bucket .. '|' .. UNITS[unit]
        local over, mark = charge(lease, foreign, owner, place, amount)
        marks[#marks + 1] = mark
        if unit == 1 and over > 0 then
          redis.call('HSET', book, 't|' .. place, text(number(redis.call('HGET', book, 't|' .. place)) + over))
          late = math.max(late, over)
        end
      end
    end
    redis.call('HSET', hour, bid, table.concat(marks) .. ':' .. ARGV[index + 4] .. ':' .. ARGV[index + 5])
    redis.call('PEXPIRE', hour, ARGV[8])
  elseif owner == node then
    -- Another node told it first, so that it counts as foreign; the owner has booked it itself by now.
    local marks, paid, shown = string.match(redis.call('HGET', hour, bid), '^(%d+):(%d+):(%d+)$')
    local first = { tonumber(paid), tonumber(shown) }
    for at, bucket in ipairs(buckets) do
      for unit, name in ipairs(UNITS) do
        local mark = 2 * at + unit - 2
        if string.sub(marks, mark, mark) == '1' then
          local place = bucket .. '|' .. name
          redis.call('HSET', foreign, place, (add(redis.call('HGET', foreign, place), -first[unit])))
        end
      end
    end
    redis.call('HSET', hour, bid, '00000000:' .. paid .. ':' .. shown)
  end
  answer[#answer + 1] = text(late)
end
redis.call('HSET', nodes, node .. '|told', ARGV[7])
return finish(answer)
