#!lua flags=no-writes
-- A page of records, names and values of one moment.
-- KEYS: names. ARGV: the first and last name in the notation of ZRANGEBYLEX, how many, what stands before a name in its record's key.
local found = {}
for _, name in ipairs(redis.call('ZRANGEBYLEX', KEYS[1], ARGV[1], ARGV[2], 'LIMIT', 0, ARGV[3])) do
  found[#found + 1] = name
  found[#found + 1] = redis.call('GET', ARGV[4] .. name)
end
return found
