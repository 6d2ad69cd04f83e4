-- SPDX-FileCopyrightText: 2026 fsw-emu contributors
-- SPDX-License-Identifier: Apache-2.0

-- Packets of the SXI front-end electronics, protocol 0xF0 (MSSL-SMILE-SXI-IRD-0001 as public code
-- reads it).

local here = ...
local registers = assert(loadfile(here .. "fee_registers.lua"))("fee.hk.")

local fee = Proto("fee", "SXI FEE packet")

local HEADER, WINDOW, HOUSEKEEPING_START = 10, 54, 0x700
local TYPES = { [0] = "data", [1] = "event", [2] = "housekeeping", [3] = "wandering mask" }
local SIDES = { [0] = "F", [1] = "E", [2] = "EF" }
local CCDS = { [0] = "2", [1] = "4" }

local f = {
  length = ProtoField.uint16("fee.data_len", "Data length", base.DEC),
  type_field = ProtoField.uint16("fee.type_field", "Type field", base.HEX),
  mode = ProtoField.uint16("fee.mode", "FEE mode", base.DEC, nil, 0x0f00),
  last = ProtoField.bool("fee.last", "Last packet", 16, nil, 0x0080),
  side = ProtoField.uint16("fee.side", "CCD side", base.DEC, SIDES, 0x0060),
  ccd = ProtoField.uint16("fee.ccd", "CCD", base.DEC, CCDS, 0x0010),
  kind = ProtoField.uint16("fee.type", "Packet type", base.DEC, TYPES, 0x0003),
  frame = ProtoField.uint16("fee.frame_counter", "Frame counter", base.DEC),
  sequence = ProtoField.uint16("fee.sequence", "Sequence counter", base.DEC),
  col = ProtoField.uint16("fee.col", "Column", base.DEC),
  row = ProtoField.uint16("fee.row", "Row", base.DEC),
  centre = ProtoField.uint16("fee.centre", "Centre pixel [ADU]", base.DEC),
  pixel = ProtoField.uint16("fee.pixel", "Pixel [ADU]", base.DEC),
  payload = ProtoField.bytes("fee.payload", "Payload"),
}
local all = {}
for _, field in pairs(f) do all[#all + 1] = field end
for _, field in ipairs(registers.fields) do all[#all + 1] = field end
fee.fields = all

-- A2: the field may count the header as well
local lies = ProtoExpert.new("fee.length", "Length field is of another packet", expert.group.MALFORMED, expert.severity.ERROR)
fee.experts = { lies }

local function window(payload, tree)
  tree:add(f.col, payload(0, 2))
  tree:add(f.row, payload(2, 2))
  tree:add(f.centre, payload(4 + 2 * 12, 2))
  for at = 4, WINDOW - 2, 2 do tree:add(f.pixel, payload(at, 2)) end
  return string.format(", row %d, column %d", payload(2, 2):uint(), payload(0, 2):uint())
end

function fee.dissector(tvb, pinfo, root)
  if tvb:len() < HEADER then return 0 end
  pinfo.cols.protocol = "FEE"
  local tree = root:add(fee, tvb())
  tree:add(f.length, tvb(2, 2))
  local bits = tree:add(f.type_field, tvb(4, 2))
  for _, field in ipairs({ f.mode, f.last, f.side, f.ccd, f.kind }) do bits:add(field, tvb(4, 2)) end
  tree:add(f.frame, tvb(6, 2))
  tree:add(f.sequence, tvb(8, 2))
  local length = tvb(2, 2):uint()
  if length + HEADER ~= tvb:len() and length ~= tvb:len() then tree:add_proto_expert_info(lies) end
  local kind = tvb(4, 2):bitfield(14, 2)
  local node = (SIDES[tvb(4, 2):bitfield(9, 2)] or "?") .. CCDS[tvb(4, 2):bitfield(11, 1)]
  local text = TYPES[kind] .. (kind == 2 and "" or " " .. node)
  text = string.format("%s, frame %d, sequence %d", text, tvb(6, 2):uint(), tvb(8, 2):uint())
  if tvb:len() > HEADER then
    local payload = tvb(HEADER)
    local inside = tree:add(f.payload, payload)
    if kind == 2 then
      registers.add(inside, payload, HOUSEKEEPING_START)
    elseif kind ~= 0 and payload:len() == WINDOW then
      text = text .. window(payload, inside)
    end
  end
  if tvb(4, 2):bitfield(8, 1) == 1 then text = text .. ", last" end
  pinfo.cols.info = text
  return tvb:len()
end

DissectorTable.get("spw.protocol"):add(0xf0, fee)
