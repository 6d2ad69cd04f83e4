-- SPDX-FileCopyrightText: 2026 fsw-emu contributors
-- SPDX-License-Identifier: Apache-2.0

-- RMAP (ECSS-E-ST-50-52C): commands, replies, and which belong together. Of the FEE's registers
-- what is written or read is told by field.

local here = ...
local registers = assert(loadfile(here .. "fee_registers.lua"))()

local rmap = Proto("rmap", "Remote Memory Access Protocol")

local STATUS = {
  [0] = "ok", [1] = "general error", [2] = "unused command", [3] = "invalid key",
  [4] = "invalid data crc", [5] = "early eop", [6] = "too much data", [7] = "eep",
  [9] = "verify buffer overrun", [10] = "not authorised", [11] = "rmw length",
  [12] = "invalid target address",
}
-- bits 5 to 2; others mean nothing
local CODES = {
  [2] = "read single", [3] = "read", [7] = "read-modify-write",
  [8] = "write single, unanswered", [9] = "write, unanswered",
  [10] = "write single", [11] = "write",
  [12] = "write single verified, unanswered", [13] = "write verified, unanswered",
  [14] = "write single verified", [15] = "write verified",
}
local KINDS = { [0] = "reply", [1] = "command" }

local f = {
  target = ProtoField.uint8("rmap.target", "Target", base.HEX),
  initiator = ProtoField.uint8("rmap.initiator", "Initiator", base.HEX),
  instruction = ProtoField.uint8("rmap.instruction", "Instruction", base.HEX),
  kind = ProtoField.uint8("rmap.kind", "Kind", base.DEC, KINDS, 0x40),
  code = ProtoField.uint8("rmap.code", "Code", base.DEC, CODES, 0x3c),
  words = ProtoField.uint8("rmap.reply_address_words", "Reply address words", base.DEC, nil, 0x03),
  key = ProtoField.uint8("rmap.key", "Key", base.HEX),
  reply_address = ProtoField.bytes("rmap.reply_address", "Reply address"),
  transaction = ProtoField.uint16("rmap.transaction", "Transaction", base.DEC),
  extended = ProtoField.uint8("rmap.extended", "Extended address", base.HEX),
  address = ProtoField.uint32("rmap.address", "Address", base.HEX),
  length = ProtoField.uint24("rmap.length", "Length", base.DEC),
  header_crc = ProtoField.uint8("rmap.header_crc", "Header CRC", base.HEX),
  header_crc_good = ProtoField.bool("rmap.header_crc.good", "Header CRC good"),
  status = ProtoField.uint8("rmap.status", "Status", base.DEC, STATUS),
  data = ProtoField.bytes("rmap.data", "Data"),
  data_crc = ProtoField.uint8("rmap.data_crc", "Data CRC", base.HEX),
  data_crc_good = ProtoField.bool("rmap.data_crc.good", "Data CRC good"),
  request_in = ProtoField.framenum("rmap.request_in", "Command in", base.NONE, frametype.REQUEST),
  reply_in = ProtoField.framenum("rmap.reply_in", "Reply in", base.NONE, frametype.RESPONSE),
  reply_time = ProtoField.relative_time("rmap.reply_time", "Time since command"),
}
local all = {}
for _, field in pairs(f) do all[#all + 1] = field end
for _, field in ipairs(registers.fields) do all[#all + 1] = field end
rmap.fields = all

local bad_crc = ProtoExpert.new("rmap.bad_crc", "Bad CRC", expert.group.CHECKSUM, expert.severity.ERROR)
local wrong_size = ProtoExpert.new("rmap.size", "Data end early or late", expert.group.MALFORMED, expert.severity.ERROR)
local refused = ProtoExpert.new("rmap.refused", "Status is not ok", expert.group.RESPONSE_CODE, expert.severity.WARN)
rmap.experts = { bad_crc, wrong_size, refused }

local CRC = {}
for byte = 0, 255 do
  local crc = byte
  for _ = 1, 8 do
    crc = bit.bxor(bit.rshift(crc, 1), bit.band(crc, 1) == 1 and 0xe0 or 0)
  end
  CRC[byte] = crc
end

local function checks(range)
  local bytes, crc = range:bytes(), 0
  for i = 0, bytes:len() - 1 do crc = CRC[bit.bxor(crc, bytes:get_index(i))] end
  return crc == 0
end

-- transactions under way, and what belongs to a frame
local pending, requests, replies

function rmap.init()
  pending, requests, replies = {}, {}, {}
end

local function header_end(tvb, tree, size)
  tree:add(f.header_crc, tvb(size - 1, 1))
  local good = checks(tvb(0, size))
  tree:add(f.header_crc_good, tvb(size - 1, 1), good):set_generated()
  if not good then tree:add_proto_expert_info(bad_crc) end
end

-- data and their checksum, of the length that the header told
local function payload(tvb, tree, at, length, address)
  local rest = tvb:len() - at
  if rest ~= length + 1 then tree:add_proto_expert_info(wrong_size) end
  if rest <= 0 then return end
  local size = math.min(length, rest - 1)
  if size > 0 then
    local data = tree:add(f.data, tvb(at, size))
    if address then registers.add(data, tvb(at, size), address) end
  end
  tree:add(f.data_crc, tvb(at + size, 1))
  local good = checks(tvb(at, size + 1))
  tree:add(f.data_crc_good, tvb(at + size, 1), good):set_generated()
  if not good then tree:add_proto_expert_info(bad_crc) end
end

local function key_of(initiator, target, transaction)
  return initiator * 0x1000000 + target * 0x10000 + transaction
end

local function command(tvb, pinfo, tree)
  local path = 4 * tvb(2, 1):bitfield(6, 2)
  local size = 16 + path
  if tvb:len() < size then return false end
  tree:add(f.target, tvb(0, 1))
  tree:add(f.key, tvb(3, 1))
  if path > 0 then tree:add(f.reply_address, tvb(4, path)) end
  local at = 4 + path
  tree:add(f.initiator, tvb(at, 1))
  tree:add(f.transaction, tvb(at + 1, 2))
  tree:add(f.extended, tvb(at + 3, 1))
  tree:add(f.address, tvb(at + 4, 4))
  tree:add(f.length, tvb(at + 8, 3))
  header_end(tvb, tree, size)
  local code, address, length = tvb(2, 1):bitfield(2, 4), tvb(at + 4, 4):uint(), tvb(at + 8, 3):uint()
  local writes = code >= 8
  if writes or code == 7 then payload(tvb, tree, size, length, writes and address) end
  local transaction = tvb(at + 1, 2):uint()
  if not pinfo.visited then
    local key = key_of(tvb(at, 1):uint(), tvb(0, 1):uint(), transaction)
    pending[key] = { frame = pinfo.number, time = pinfo.rel_ts, address = address }
  end
  local reply = replies[pinfo.number]
  if reply then tree:add(f.reply_in, reply):set_generated() end
  pinfo.cols.info = string.format(
    "%s, transaction %d, 0x%08x, %d bytes", CODES[code] or "invalid", transaction, address, length)
  return true
end

local function reply(tvb, pinfo, tree)
  local code = tvb(2, 1):bitfield(2, 4)
  local writes = code >= 8
  local size = writes and 8 or 12
  if tvb:len() < size then return false end
  tree:add(f.initiator, tvb(0, 1))
  tree:add(f.status, tvb(3, 1))
  tree:add(f.target, tvb(4, 1))
  tree:add(f.transaction, tvb(5, 2))
  if not writes then tree:add(f.length, tvb(8, 3)) end
  header_end(tvb, tree, size)
  local transaction, status = tvb(5, 2):uint(), tvb(3, 1):uint()
  local key = key_of(tvb(0, 1):uint(), tvb(4, 1):uint(), transaction)
  if not pinfo.visited and pending[key] then
    requests[pinfo.number] = pending[key]
    replies[pending[key].frame] = pinfo.number
    pending[key] = nil
  end
  local request = requests[pinfo.number]
  if request then
    tree:add(f.request_in, request.frame):set_generated()
    local seconds = pinfo.rel_ts - request.time
    local whole = math.floor(seconds)
    local since = NSTime.new(whole, math.floor((seconds - whole) * 1e9 + 0.5))
    tree:add(f.reply_time, since):set_generated()
  end
  if writes then
    if tvb:len() > size then tree:add_proto_expert_info(wrong_size) end
  else
    payload(tvb, tree, size, tvb(8, 3):uint(), code ~= 7 and request and request.address)
  end
  if status ~= 0 then tree:add_proto_expert_info(refused) end
  pinfo.cols.info = string.format(
    "%s, transaction %d, reply: %s", CODES[code] or "invalid", transaction, STATUS[status] or status)
  return true
end

function rmap.dissector(tvb, pinfo, root)
  if tvb:len() < 8 then return 0 end
  pinfo.cols.protocol = "RMAP"
  local tree = root:add(rmap, tvb())
  local bits = tree:add(f.instruction, tvb(2, 1))
  for _, field in ipairs({ f.kind, f.code, f.words }) do bits:add(field, tvb(2, 1)) end
  local whole = (tvb(2, 1):bitfield(1, 1) == 1 and command or reply)(tvb, pinfo, tree)
  if not whole then tree:add_proto_expert_info(wrong_size) end
  return tvb:len()
end

DissectorTable.get("spw.protocol"):add(0x01, rmap)
