#!lua
-- A part of another store's snapshot: records whatever is there, and linked entries that follow what is there.
-- KEYS: names, due, version, count, chain, head, then the records.
-- ARGV: a version that is not given again, the new head or nothing, then three for each record (name, due or nothing, version, due and
-- value), then two for each entry (number, line).
local records = #KEYS - 6
if tonumber(ARGV[1]) > tonumber(redis.call('GET', KEYS[3]) or '0') then redis.call('SET', KEYS[3], ARGV[1]) end
for i = 1, records do
  local name, due = ARGV[3 * i], ARGV[3 * i + 1]
  redis.call('SET', KEYS[6 + i], ARGV[3 * i + 2])
  redis.call('ZADD', KEYS[1], 0, name)
  if due == '' then redis.call('ZREM', KEYS[2], name) else redis.call('ZADD', KEYS[2], due, name) end
end
local last = tonumber(redis.call('GET', KEYS[4]) or '0')
for i = 3 * records + 3, #ARGV, 2 do
  local number = tonumber(ARGV[i])
  if number > last then
    redis.call('XADD', KEYS[5], ARGV[i] .. '-0', 'line', ARGV[i + 1])
    redis.call('SET', KEYS[4], ARGV[i])
    redis.call('SET', KEYS[6], ARGV[2])
    last = number
  end
end
return 1
