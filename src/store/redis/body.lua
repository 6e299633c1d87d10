#!lua
-- Ends a body: it becomes one that can be opened, and is listed.
-- KEYS: the part, the body, the list of bodies. ARGV: its length, its id, when its id was made.
if redis.call('STRLEN', KEYS[1]) ~= tonumber(ARGV[1]) then return 0 end
redis.call('RENAME', KEYS[1], KEYS[2])
redis.call('PERSIST', KEYS[2])
redis.call('ZADD', KEYS[3], ARGV[3], ARGV[2])
return 1
