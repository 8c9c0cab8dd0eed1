-- Appends a journal's events to the stream that consumers read. Sent twice an event is there once: the stream remembers
-- how far each journal has come.
--
-- KEYS[1]  the stream, src/state/keys.ts
-- KEYS[2]  the last number of each journal, a hash
-- ARGV[1]  name of the journal
-- ARGV[2]  events that stay, about
-- ARGV[n]  number and body of each event, in the order of their numbers
-- Gives    how many were appended
local stream, last, journal, kept = KEYS[1], KEYS[2], ARGV[1], ARGV[2]
local known = tonumber(redis.call('HGET', last, journal) or '0')
local appended = 0
for at = 3, #ARGV, 2 do
  if tonumber(ARGV[at]) > known then
    redis.call('XADD', stream, 'MAXLEN', '~', kept, '*', 'body', ARGV[at + 1])
    appended = appended + 1
  end
end
if #ARGV >= 4 then
  local newest = tonumber(ARGV[#ARGV - 1])
  if newest > known then redis.call('HSET', last, journal, ARGV[#ARGV - 1]) end
end
return appended
