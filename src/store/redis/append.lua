#!lua
-- Adds a piece to a body that is being written, where all before it is there.
-- KEYS: the part. ARGV: the length before, the piece, for how many seconds it is kept from now on.
if redis.call('STRLEN', KEYS[1]) ~= tonumber(ARGV[1]) then return 0 end
redis.call('APPEND', KEYS[1], ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[3])
return 1
