#!lua
-- All of one commit, or nothing: every record is checked before the first is changed.
-- KEYS: names, due, version, count, tail, then the records.
-- ARGV: channel, then five for each record (name, expected version or nothing, what to do, due or nothing, due and value), then audit entries.
-- For counts: `*`, `add`, what is added to both and the most of both, due. The number of a record that would be over its bound comes back.
local records = #KEYS - 5
local counts = {}
for i = 1, records do
  if ARGV[5 * i - 1] == 'add' then
    local stored, count = redis.call('GET', KEYS[5 + i]), { 0, 0 }
    if stored then
      -- What cannot be read is over every bound.
      count = #stored == 32 and { struct.unpack('>I8I8', stored, 17) } or { 2 ^ 62, 2 ^ 62 }
    end
    local numbers = {}
    for number in string.gmatch(ARGV[5 * i], '%S+') do numbers[#numbers + 1] = tonumber(number) end
    for j = 1, 2 do
      count[j] = math.max(count[j] + numbers[j], 0)
      if numbers[j] > 0 and count[j] > numbers[j + 2] then return i end
    end
    counts[i] = ARGV[5 * i + 1] .. struct.pack('>I8I8', count[1], count[2])
  elseif redis.call('GETRANGE', KEYS[5 + i], 0, 7) ~= ARGV[5 * i - 2] then return false end
end
local version = redis.call('INCR', KEYS[3])
local packed = struct.pack('>I8', version)
local touched = {}
for i = 1, records do
  local key, name, change, due = KEYS[5 + i], ARGV[5 * i - 3], ARGV[5 * i - 1], ARGV[5 * i]
  if change == 'put' then
    redis.call('SET', key, packed .. ARGV[5 * i + 1])
    redis.call('ZADD', KEYS[1], 0, name)
    if due == '' then redis.call('ZREM', KEYS[2], name) else redis.call('ZADD', KEYS[2], due, name) end
  elseif change == 'add' then
    redis.call('SET', key, packed .. counts[i])
    redis.call('ZADD', KEYS[1], 0, name)
  elseif change == 'delete' then
    redis.call('DEL', key)
    redis.call('ZREM', KEYS[1], name)
    redis.call('ZREM', KEYS[2], name)
  end
  if change ~= 'none' then touched[#touched + 1] = name end
end
local first = 0
for i = 5 * records + 2, #ARGV do
  local number = redis.call('INCR', KEYS[4])
  redis.call('XADD', KEYS[5], number .. '-0', 'event', ARGV[i])
  if first == 0 then first = number end
end
if #touched > 0 then redis.call('PUBLISH', ARGV[1], table.concat(touched, '\n')) end
return { version, first }
