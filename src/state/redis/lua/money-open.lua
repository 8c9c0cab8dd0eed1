-- Opens a lease for a node; the ones it had close when none of their bids can be won any more.
--
-- KEYS[3]  ids of open leases · KEYS[4…] the leases of these ids as far as the caller knew them
-- ARGV[6]  when the old ones may close, ms · ARGV[7] how long a bid may be open, ms
-- Gives    OK, id. Ids follow the clock, so that a book that was flushed gives none that tokens still name.
local refused = begin()
if refused then return refused end
for index = 4, #KEYS do
  local row = redis.call('HMGET', KEYS[index], 'node', 'closes', 'closed')
  if row[1] == node and row[2] == '' and row[3] ~= '1' then redis.call('HSET', KEYS[index], 'closes', ARGV[6]) end
end
local id = math.max(number(redis.call('HGET', book, 'lease')) + 1, now)
redis.call('HSET', book, 'lease', text(id))
redis.call('SADD', KEYS[3], text(id))
return finish({ 'OK', text(id) })
