#!lua
-- Moves entries from the unlinked tail into the chain, unless somebody else did.
-- KEYS: head, chain, tail. ARGV: the head they follow or nothing, the new head, the number of the first, then their lines.
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
local number = tonumber(ARGV[3])
for i = 4, #ARGV do
  redis.call('XADD', KEYS[2], number .. '-0', 'line', ARGV[i])
  number = number + 1
end
redis.call('XTRIM', KEYS[3], 'MINID', number .. '-0')
redis.call('SET', KEYS[1], ARGV[2])
return 1
