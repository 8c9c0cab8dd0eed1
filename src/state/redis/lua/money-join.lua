-- Makes a node known, and finds out whether the book is the one that it knew.
--
-- KEYS[3]  nodes whose journals are awaited before anything is granted
-- ARGV[6]  epoch for a book that is not there · ARGV[7] longest hold, ms · ARGV[8] last entry of the node's journal
-- ARGV[9…] nodes that this one knew of
-- Gives    OK, epoch, last entry of the node's journal that was told, 1 when what it spent before there was a book is known,
--          parts of that which were added
--
-- A node that knew another book, or one where there is none now, found it flushed: then the journals of all nodes are
-- awaited, and nothing is granted until the longest hold has passed, since leases that nobody remembers may be behind open bids.
local wished, holdMs = ARGV[6], tonumber(ARGV[7])
local known = redis.call('HGET', book, 'epoch')
if not known then
  known = wished
  redis.call('HSET', book, 'epoch', known)
end
if epoch ~= '' and epoch ~= known then
  local shut = math.max(number(redis.call('HGET', book, 'shut')), now + holdMs)
  if redis.call('HSETNX', book, 'found_flushed', text(now)) == 1 then redis.call('HSET', book, 'shut', text(shut)) end
  if not redis.call('HGET', nodes, node .. '|told') then redis.call('SADD', KEYS[3], node) end
  for index = 9, #ARGV do
    if not redis.call('HGET', nodes, ARGV[index] .. '|told') then redis.call('SADD', KEYS[3], ARGV[index]) end
  end
end
redis.call('HSETNX', nodes, node .. '|told', '0')
-- A journal restored from a backup: what it takes from here on has numbers that others had.
if number(redis.call('HGET', nodes, node .. '|told')) > tonumber(ARGV[8]) then redis.call('HSET', nodes, node .. '|told', ARGV[8]) end
redis.call('HSETNX', nodes, node .. '|through', '0')
redis.call('HSET', nodes, node .. '|incarnation', incarnation, node .. '|act', act, node .. '|answer', '["OK"]',
  node .. '|said', text(now), node .. '|state', 'in')
return { 'OK', known, redis.call('HGET', nodes, node .. '|told'), redis.call('HEXISTS', nodes, node .. '|before') == 1 and '1' or '0',
  redis.call('HGET', nodes, node .. '|parts') or '0' }
