#!lua name=tellwire_1
-- What hosts do together, each function in one step that no other command can interrupt. See docs/decisions/041.
--
-- The keys of one account or feed have its name as their hash tag, as in tw:{main}:lease, so that they are on one
-- server. Times are the engine's own, in milliseconds. An epoch is a fencing token: it is never given twice, and a write
-- that names another than the newest one is refused with FENCED and changes nothing.
--
-- This file is one version of the library. A change of what a function takes, does or answers is a new version: other
-- names, loaded beside this one, so that hosts of both versions can work together during an upgrade.

local VERSION = '1'

local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function fenced(epoch_key, epoch)
  local newest = redis.call('GET', epoch_key)
  if newest == epoch then return nil end
  return redis.error_reply('FENCED ' .. (newest or 'none'))
end

-- keys: lease, epoch, move   args: holder, milliseconds, the least epoch known to the caller
-- -> {epoch, milliseconds of it}, or {0, milliseconds until it is worth asking again, the newest epoch}
--
-- While the move names a host, that one alone gets a lease that is free, and the move is done by that. A holder is the
-- name of its host, a slash, and its life. A holder that asks again, because the answer was lost, gets the epoch that it
-- has; unless a greater one is known, for then this server has lost the newest.
local function acquire(keys, args)
  local newest = tonumber(redis.call('GET', keys[2]) or '0')
  local lease = redis.call('GET', keys[1])
  local is_its = lease == args[1] .. ' ' .. string.format('%d', newest) and newest >= tonumber(args[3])
  if lease and not is_its then
    return {0, redis.call('PTTL', keys[1]), newest}
  end
  local target = redis.call('GET', keys[3])
  if not lease and target and target ~= string.match(args[1], '^(.*)/') then
    return {0, math.min(redis.call('PTTL', keys[3]), tonumber(args[2])), newest}
  end
  if not lease then
    redis.call('DEL', keys[3])
    newest = math.max(newest, tonumber(args[3])) + 1
    redis.call('SET', keys[2], string.format('%d', newest))
  end
  redis.call('SET', keys[1], args[1] .. ' ' .. string.format('%d', newest), 'PX', args[2])
  return {newest, tonumber(args[2])}
end

-- keys: lease, epoch   args: holder, epoch, milliseconds   -> 1, or 0: it is no longer the holder's
local function renew(keys, args)
  if redis.call('GET', keys[1]) ~= args[1] .. ' ' .. args[2] or redis.call('GET', keys[2]) ~= args[2] then
    return 0
  end
  return redis.call('PEXPIRE', keys[1], args[3])
end

-- keys: lease   args: holder, epoch   -> 1, or 0: it was no longer the holder's
local function release(keys, args)
  if redis.call('GET', keys[1]) ~= args[1] .. ' ' .. args[2] then return 0 end
  redis.call('PUBLISH', 'tw:released', keys[1])
  return redis.call('DEL', keys[1])
end

-- The highest number that was stored in this epoch; 0 for none.
local function stored(counter_key, epoch)
  local counter = redis.call('HMGET', counter_key, 'epoch', 'number')
  return counter[1] == epoch and tonumber(counter[2]) or 0
end

-- keys: epoch, counter, stream   args: epoch, number, about how many entries are kept, data
-- -> the highest number stored before
--
-- An entry whose number is not above that is not stored: it is there already, or came too late.
local function append(keys, args)
  local refusal = fenced(keys[1], args[1])
  if refusal then return refusal end
  local last = stored(keys[2], args[1])
  if tonumber(args[2]) <= last then return last end
  local fields = {'v', VERSION, 'e', args[1], 'n', args[2], 'd', args[4]}
  redis.call('XADD', keys[3], 'MAXLEN', '~', args[3], '*', unpack(fields))
  redis.call('HSET', keys[2], 'epoch', args[1], 'number', args[2])
  return last
end

-- One state of an order: ``ids`` has the entry of the latest one of each order, ``open`` those that are not finished.
-- An order that was surely not sent leaves both: its id may be used again.
local function journal(keys, epoch, number, kind, id, data)
  local entry = redis.call('XADD', keys.journal, '*', 'v', VERSION, 'e', epoch, 'n', number, 'i', id, 'd', data)
  if kind == 'unsent' then
    redis.call('HDEL', keys.ids, id)
  else
    redis.call('HSET', keys.ids, id, entry)
  end
  if kind == 'intent' or kind == 'open' then
    redis.call('ZADD', keys.open, 'NX', string.match(entry, '^%d+'), id)
  else
    redis.call('ZREM', keys.open, id)
  end
end

-- keys: epoch, counter, journal, ids, open, halt, commands
-- args: epoch, number, the entry of the command or '', then (kind, id, data) for each order
-- -> {'stored', the highest number stored before}, or, with nothing stored, {'halted', reason}, {'withdrawn', entry} or
--    {'known', id}
--
-- A kind is 'intent' (it is about to be sent, and has never been), 'open', 'finished' or 'unsent' (it surely was not).
local function intend(keys, args)
  local refusal = fenced(keys[1], args[1])
  if refusal then return refusal end
  local last = stored(keys[2], args[1])
  if tonumber(args[2]) <= last then return {'stored', last} end
  local freed = {}
  for i = 4, #args, 3 do
    if args[i] == 'unsent' then freed[args[i + 1]] = true end
    if args[i] == 'intent' then
      local halt = redis.call('GET', keys[6])
      if halt then return {'halted', halt} end
      if args[3] ~= '' and #redis.call('XRANGE', keys[7], args[3], args[3]) == 0 then
        return {'withdrawn', args[3]}
      end
      local known = redis.call('HEXISTS', keys[4], args[i + 1]) == 1
      if known and not freed[args[i + 1]] then return {'known', args[i + 1]} end
    end
  end
  for i = 4, #args, 3 do
    local orders = {journal = keys[3], ids = keys[4], open = keys[5]}
    journal(orders, args[1], args[2], args[i], args[i + 1], args[i + 2])
  end
  redis.call('HSET', keys[2], 'epoch', args[1], 'number', args[2])
  return {'stored', last}
end

-- keys: epoch, commands, replies   args: epoch, the entry of the command, words
-- -> 1, or 0: the command has its answer already, or was withdrawn
--
-- A command leaves its stream together with its answer: what is there is what has no answer yet.
local function answer(keys, args)
  local refusal = fenced(keys[1], args[1])
  if refusal then return refusal end
  if redis.call('XDEL', keys[2], args[2]) == 0 then return 0 end
  redis.call('XADD', keys[3], 'MAXLEN', '~', 10000, '*', 'v', VERSION, 'e', args[1], 'c', args[2], 'd', args[3])
  redis.call('EXPIRE', keys[3], 600)
  return 1
end

-- keys: commands, ids   args: the entry of the command, the id of its order
-- -> 1: it has no effect and never will, for ``intend`` refuses what is gone; 0: it is in the journal
local function withdraw(keys, args)
  if redis.call('HEXISTS', keys[2], args[2]) == 1 then return 0 end
  redis.call('XDEL', keys[1], args[1])
  return 1
end

-- keys: sends (newest first), epoch   args: epoch, the most that are kept, the milliseconds that count, then the age of
-- each send in milliseconds, the oldest first
local function record_sends(keys, args)
  local refusal = fenced(keys[2], args[1])
  if refusal then return refusal end
  local time = now()
  for i = 4, #args do redis.call('LPUSH', keys[1], string.format('%d', time - tonumber(args[i]))) end
  redis.call('LTRIM', keys[1], 0, tonumber(args[2]) - 1)
  redis.call('PEXPIRE', keys[1], args[3])
  return 1
end

redis.register_function('tellwire_1_acquire', acquire)
redis.register_function('tellwire_1_renew', renew)
redis.register_function('tellwire_1_release', release)
redis.register_function('tellwire_1_append', append)
redis.register_function('tellwire_1_intend', intend)
redis.register_function('tellwire_1_answer', answer)
redis.register_function('tellwire_1_withdraw', withdraw)
redis.register_function('tellwire_1_record_sends', record_sends)
