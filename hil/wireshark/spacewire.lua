-- SPDX-FileCopyrightText: 2026 fsw-emu contributors
-- SPDX-License-Identifier: Apache-2.0

-- SpaceWire packets and time-codes: link type 149, a flag and a zero before each (as SSDTP2).

local spw = Proto("spw", "SpaceWire")

local ENDS = { [0x00] = "EOP", [0x01] = "EEP", [0x02] = "no end", [0x30] = "time-code", [0x31] = "time-code" }
local PROTOCOLS = { [0x01] = "RMAP", [0x02] = "CCSDS PTP", [0xf0] = "FEE data" }

local f = {
  mark = ProtoField.uint8("spw.end", "End", base.HEX, ENDS),
  path = ProtoField.bytes("spw.path", "Path"),
  address = ProtoField.uint8("spw.address", "Logical address", base.HEX),
  protocol = ProtoField.uint8("spw.protocol", "Protocol", base.HEX, PROTOCOLS),
  count = ProtoField.uint8("spw.time_code", "Time-code", base.DEC, nil, 0x3f),
  flags = ProtoField.uint8("spw.time_code.flags", "Flags", base.DEC, nil, 0xc0),
  data = ProtoField.bytes("spw.data", "Data"),
}
spw.fields = f

local eep = ProtoExpert.new("spw.eep", "Error end of packet", expert.group.PROTOCOL, expert.severity.ERROR)
spw.experts = { eep }

-- by protocol identifier; a dissector gets the packet from its logical address on
local by_protocol = DissectorTable.new("spw.protocol", "SpaceWire protocol", ftypes.UINT8, base.HEX)

local function time_code(tvb, pinfo, tree)
  tree:add(f.count, tvb(2, 1))
  tree:add(f.flags, tvb(2, 1))
  pinfo.cols.info = string.format("time-code %d", tvb(2, 1):bitfield(2, 6))
end

function spw.dissector(tvb, pinfo, root)
  pinfo.cols.protocol = "SpaceWire"
  if tvb:len() < 2 then return 0 end
  local tree = root:add(spw, tvb())
  local mark = tvb(0, 1):uint()
  tree:add(f.mark, tvb(0, 1))
  if (mark == 0x30 or mark == 0x31) and tvb:len() == 4 then
    time_code(tvb, pinfo, tree)
    return tvb:len()
  end
  local at = 2
  while at < tvb:len() and tvb(at, 1):uint() < 32 do at = at + 1 end
  if at > 2 then tree:add(f.path, tvb(2, at - 2)) end
  pinfo.cols.info = string.format("%d bytes", tvb:len() - 2)
  if at + 2 <= tvb:len() then
    tree:add(f.address, tvb(at, 1))
    tree:add(f.protocol, tvb(at + 1, 1))
    local dissector = by_protocol:get_dissector(tvb(at + 1, 1):uint())
    if not dissector or dissector:call(tvb(at):tvb(), pinfo, root) == 0 then
      tree:add(f.data, tvb(at))
    end
  elseif at < tvb:len() then
    tree:add(f.data, tvb(at))
  end
  if mark == 0x01 then
    tree:add_proto_expert_info(eep)
    pinfo.cols.info:append(" EEP")
  end
  return tvb:len()
end

DissectorTable.get("wtap_encap"):add(wtap.USER2, spw)
