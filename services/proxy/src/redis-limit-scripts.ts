/**
 * The limits of `@perpetuo/gateway/limits` as Redis scripts, with the same order of judgement. A subject is a hash:
 * the two arrival times, day and month with their sums, and what is reserved; a sorted set holds its leases, by the
 * time at which they lapse. Redis's own clock counts the rates, so that machines need not agree on the time.
 */
const shared = `
local t = redis.call('TIME')
local now = t[1] * 1000 + t[2] / 1000
local function get(key, field) return tonumber(redis.call('HGET', key, field) or '0') end
local function put(key, field, value) redis.call('HSET', key, field, string.format('%.17g', value)) end
local function release(hash, leases, lease)
  redis.call('ZREM', leases, lease)
  local cost = redis.call('HGET', hash, 'lease:' .. lease)
  if cost then
    put(hash, 'reserved', math.max(0, get(hash, 'reserved') - tonumber(cost)))
    redis.call('HDEL', hash, 'lease:' .. lease)
  end
end
local function roll(hash, day, month)
  if day > get(hash, 'day') then put(hash, 'day', day) put(hash, 'day_micros', 0) end
  if month > get(hash, 'month') then put(hash, 'month', month) put(hash, 'month_micros', 0) end
end
`;

/**
 * KEYS: hash and leases of each subject. ARGV: lease, lease ms, tokens, micro-dollars, day, month, then nine values of
 * each subject: its five limits (0: none) and what the database knows: day, its sum, month, its sum. Answers `{0, used ms of requests, used ms of tokens, …}`, or `{subject from 1, limit from 1, wait ms}`
 * where a wait of -1 is none that helps.
 */
export const admitScript = `${shared}
local lease, leaseMs = ARGV[1], tonumber(ARGV[2])
local tokens, cost = tonumber(ARGV[3]), tonumber(ARGV[4])
local day, month = tonumber(ARGV[5]), tonumber(ARGV[6])
local subjects = #KEYS / 2
local function value(i, n) return tonumber(ARGV[6 + (i - 1) * 9 + n]) end
local function wait(hash, field, allowed, amount)
  if allowed == 0 then return nil end
  if amount > allowed then return -1 end
  local early = math.max(get(hash, field), now) + amount * 60000 / allowed - 60000 - now
  if early > 0.001 then return early end
  return nil
end
for i = 1, subjects do
  local hash, leases = KEYS[2 * i - 1], KEYS[2 * i]
  for _, lapsed in ipairs(redis.call('ZRANGEBYSCORE', leases, '-inf', now)) do release(hash, leases, lapsed) end
  roll(hash, day, month)
  if value(i, 6) == get(hash, 'day') and value(i, 7) > get(hash, 'day_micros') then put(hash, 'day_micros', value(i, 7)) end
  if value(i, 8) == get(hash, 'month') and value(i, 9) > get(hash, 'month_micros') then put(hash, 'month_micros', value(i, 9)) end
  local asked = get(hash, 'reserved') + cost
  if value(i, 5) > 0 and get(hash, 'month_micros') + asked > value(i, 5) then return {i, 5, '-1'} end
  if value(i, 4) > 0 and get(hash, 'day_micros') + asked > value(i, 4) then return {i, 4, '-1'} end
  if value(i, 3) > 0 and redis.call('ZCARD', leases) >= value(i, 3) then return {i, 3, '1000'} end
  local requests = wait(hash, 'requests', value(i, 1), 1)
  if requests then return {i, 1, tostring(requests)} end
  local used = wait(hash, 'tokens', value(i, 2), tokens)
  if used then return {i, 2, tostring(used)} end
end
local answer = {0}
for i = 1, subjects do
  local hash, leases = KEYS[2 * i - 1], KEYS[2 * i]
  redis.call('ZADD', leases, now + leaseMs, lease)
  put(hash, 'lease:' .. lease, cost)
  put(hash, 'reserved', get(hash, 'reserved') + cost)
  local requests, used = 0, 0
  if value(i, 1) > 0 then
    requests = math.max(get(hash, 'requests'), now) + 60000 / value(i, 1)
    put(hash, 'requests', requests)
  end
  if value(i, 2) > 0 then
    used = math.max(get(hash, 'tokens'), now) + tokens * 60000 / value(i, 2)
    put(hash, 'tokens', used)
  end
  redis.call('PEXPIRE', hash, 3456000000)
  redis.call('PEXPIRE', leases, 3456000000)
  answer[#answer + 1] = tostring(math.max(0, requests - now))
  answer[#answer + 1] = tostring(math.max(0, used - now))
end
return answer
`;

/** KEYS as above. ARGV: lease, correction of tokens, micro-dollars, day and month of acceptance, now's day and month, then the token limit of each subject. */
export const settleScript = `${shared}
for i = 1, #KEYS / 2 do
  local hash, leases = KEYS[2 * i - 1], KEYS[2 * i]
  roll(hash, tonumber(ARGV[6]), tonumber(ARGV[7]))
  release(hash, leases, ARGV[1])
  local cost = tonumber(ARGV[3])
  if get(hash, 'day') == tonumber(ARGV[4]) then put(hash, 'day_micros', get(hash, 'day_micros') + cost) end
  if get(hash, 'month') == tonumber(ARGV[5]) then put(hash, 'month_micros', get(hash, 'month_micros') + cost) end
  local allowed = tonumber(ARGV[7 + i])
  if allowed > 0 then
    put(hash, 'tokens', math.max(get(hash, 'tokens'), now) + tonumber(ARGV[2]) * 60000 / allowed)
  end
end
return 1
`;

/** KEYS: leases. ARGV: lease ms, then a lease for each key: those that are still held are held for longer. */
export const renewScript = `${shared}
for i = 1, #KEYS do redis.call('ZADD', KEYS[i], 'XX', now + tonumber(ARGV[1]), ARGV[1 + i]) end
return 1
`;

/** KEYS: hash of each subject. ARGV: now's day and month, then micro-dollars, day and month of spending for each: what was spent while Redis was away. */
export const chargeScript = `${shared}
for i = 1, #KEYS do
  local hash, cost = KEYS[i], tonumber(ARGV[3 * i])
  roll(hash, tonumber(ARGV[1]), tonumber(ARGV[2]))
  if get(hash, 'day') == tonumber(ARGV[3 * i + 1]) then put(hash, 'day_micros', get(hash, 'day_micros') + cost) end
  if get(hash, 'month') == tonumber(ARGV[3 * i + 2]) then put(hash, 'month_micros', get(hash, 'month_micros') + cost) end
  redis.call('PEXPIRE', hash, 3456000000)
end
return 1
`;
