-- A sign of life: all that the node's journal took before a time is told. Leases of nodes that are silent or gone are closed
-- when none of their bids can be won any more and no journal can still hold a charge to them.
--
-- KEYS[3]  ids of open leases · KEYS[4] nodes whose journals are awaited · KEYS[5] what other nodes charged to the own lease
-- KEYS[6]  the own lease · KEYS[7…] other leases that are open
-- ARGV[6]  time before which the journal is told, ms · ARGV[7] how long a lease may be bid from without a sign, ms
-- ARGV[8]  silence after which a node counts as lost, and what its journal holds as late, ms · ARGV[9] 1 to leave, with
-- ARGV[10] how long a bid may be open, ms · ARGV[11] last entry of the journal that was told, by the node
-- ARGV[12…] ids of the leases from KEYS[7] on
-- Gives    OK, leases closed, time before which all journals are told, nodes, nodes that are silent, journals awaited,
--          1 when the own lease is closed, time until which nothing is granted, how many nodes follow, nodes, then pairs of place and amount;
--          or SEQ and the entry that was told last, where that is another one
local refused = begin()
if refused then return refused end
local told = redis.call('HGET', nodes, node .. '|told')
if told ~= ARGV[11] then return finish({ 'SEQ', told }) end
local through, livesMs, lostMs = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local leaves = ARGV[9] == '1'
redis.call('SREM', KEYS[4], node)
redis.call('HSET', nodes, node .. '|through', text(math.max(through, number(redis.call('HGET', nodes, node .. '|through')))),
  node .. '|said', text(now), node .. '|state', 'in')
local own = redis.call('HMGET', KEYS[6], 'closed', 'node')
if own[1] ~= '1' and own[2] == node then redis.call('HSET', KEYS[6], 'closes', leaves and text(now + tonumber(ARGV[10])) or '') end

local said, state, upTo = {}, {}, {}
local rows = redis.call('HGETALL', nodes)
for index = 1, #rows, 2 do
  local name, field = string.match(rows[index], '^(.*)|(%a+)$')
  if field == 'said' then said[name] = tonumber(rows[index + 1]) end
  if field == 'state' then state[name] = rows[index + 1] end
  if field == 'through' then upTo[name] = tonumber(rows[index + 1]) end
end
if leaves then state[node] = 'left' end
local names, least, living, silent = {}, math.huge, 0, 0
for name, how in pairs(state) do
  if how == 'in' and now - said[name] > lostMs then
    redis.call('HSET', nodes, name .. '|state', 'lost')
    how = 'lost'
  end
  if how == 'in' then
    living = living + 1
    if now - said[name] > livesMs then silent = silent + 1 end
    least = math.min(least, upTo[name])
  end
  names[#names + 1] = name
end

local count = 0
for index = 7, #KEYS do
  local lease = KEYS[index]
  local row = redis.call('HMGET', lease, 'node', 'closes', 'closed', 'hold')
  local closes = tonumber(row[2])
  if row[1] and row[1] ~= node and not closes and now - (said[row[1]] or 0) > livesMs then
    closes = (said[row[1]] or 0) + livesMs + tonumber(row[4])
    redis.call('HSET', lease, 'closes', text(closes))
  end
  if row[1] and row[3] ~= '1' and closes and now >= closes and least >= closes then
    local held = redis.call('HGETALL', lease)
    for at = 1, #held, 2 do
      local place = string.match(held[at], '^g|(.*)$')
      if place then
        local granted = tonumber(held[at + 1])
        local settled = split(redis.call('HGET', lease, 's|' .. place))
        if granted > settled then
          redis.call('HSET', book, 'l|' .. place, text(number(redis.call('HGET', book, 'l|' .. place)) - (granted - settled)))
          redis.call('HSET', lease, 'g|' .. place, text(settled))
        end
      end
    end
    redis.call('HSET', lease, 'closed', '1')
    redis.call('SREM', KEYS[3], ARGV[12 + index - 7])
    count = count + 1
  end
end

local answer = { 'OK', text(count), least == math.huge and text(through) or text(least), text(living), text(silent),
  text(redis.call('SCARD', KEYS[4])), own[1] == '1' and '1' or '0', redis.call('HGET', book, 'shut') or '0', text(#names) }
for _, name in ipairs(names) do answer[#answer + 1] = name end
local foreign = redis.call('HGETALL', KEYS[5])
for _, each in ipairs(foreign) do answer[#answer + 1] = each end
finish(answer)
if leaves then redis.call('HSET', nodes, node .. '|state', 'left') end
return answer
