-- Appends a node's batch to a stream that all nodes read. A batch that is sent twice is there once: each node numbers its
-- own, and one that is not above the last is known.
--
-- KEYS[1]  the stream, src/state/keys.ts
-- KEYS[2]  the number of the last batch of each node, a hash
-- ARGV[1]  name of the node
-- ARGV[2]  number of the batch
-- ARGV[3]  the batch
-- ARGV[4]  batches that stay, about
-- Gives    1 when it was appended, 0 when it was known
local stream, last, node, number = KEYS[1], KEYS[2], ARGV[1], tonumber(ARGV[2])
if number <= tonumber(redis.call('HGET', last, node) or '0') then return 0 end
redis.call('XADD', stream, 'MAXLEN', '~', ARGV[4], '*', 'node', node, 'number', ARGV[2], 'body', ARGV[3])
redis.call('HSET', last, node, ARGV[2])
return 1
