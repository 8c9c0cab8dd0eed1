-- What every script of the shared ledger begins with: it is put before each of them.
--
-- KEYS[1]  the book, KEYS[2] the nodes; see src/state/keys.ts
-- ARGV[1]  node · ARGV[2] its incarnation · ARGV[3] number of the act · ARGV[4] epoch of the book · ARGV[5] now, in ms
--
-- Amounts are whole numbers below 2^53, which Lua's doubles hold exactly, and are written by '%.0f': tostring would turn
-- 15 digits into 1.2e+14. Finer ones are `whole:thousandths`. A script checks first and writes last, since nothing is undone.
local book, nodes = KEYS[1], KEYS[2]
local node, incarnation, act, epoch, now = ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5])
local MOST = 9007199254740991

local function text(amount)
  return string.format('%.0f', amount)
end

local function number(value)
  return tonumber(value or '0')
end

local function split(value)
  if not value then return 0, 0 end
  local whole, rest = string.match(value, '^(-?%d+):(%d+)$')
  return tonumber(whole), tonumber(rest)
end

-- Adds thousandths; gives the sum as text, the new whole part and how much that grew.
local function add(value, thousandths)
  local whole, rest = split(value)
  local sum = rest + thousandths % 1000
  local grown = math.floor(thousandths / 1000) + math.floor(sum / 1000)
  return text(whole + grown) .. ':' .. text(sum % 1000), whole + grown, grown
end

-- An answer where this act may not run: it ran before, the book is another one or older than the node knows, or a younger process has the name.
local function begin()
  local known = redis.call('HGET', book, 'epoch')
  if known ~= epoch then return { 'EPOCH', known or '' } end
  local row = redis.call('HMGET', nodes, node .. '|incarnation', node .. '|act', node .. '|answer')
  if not row[1] then return { 'EPOCH', known } end
  if row[1] ~= incarnation then return { 'FENCED' } end
  if row[2] == act then return cjson.decode(row[3]) end
  if tonumber(row[2]) ~= tonumber(act) - 1 then return { 'BEHIND', row[2] } end
end

-- Remembers the answer, for when it is lost on its way and the act is sent again.
local function finish(answer)
  redis.call('HSET', nodes, node .. '|act', act, node .. '|answer', cjson.encode(answer), node .. '|said', text(now), node .. '|state', 'in')
  return answer
end
