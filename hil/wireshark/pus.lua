-- SPDX-FileCopyrightText: 2026 fsw-emu contributors
-- SPDX-License-Identifier: Apache-2.0

-- PUS-A packets as tailored for SMILE, on their own (link type 148) or in the CCSDS packet
-- transfer protocol. Its time is seconds and microseconds since 2018: no binary fraction.

local pus = Proto("pus", "PUS-A packet of SMILE")

local PTP_HEADER, PRIMARY, TM_HEADER, TC_HEADER = 4, 6, 18, 10
local EPOCH = 1514764800 -- 2018-01-01T00:00:00 UTC, in seconds since 1970
local KINDS = { [0] = "TM", [1] = "TC" }

local f = {
  target = ProtoField.uint8("pus.ptp.target", "PTP target", base.HEX),
  user = ProtoField.uint8("pus.ptp.user", "PTP user application", base.HEX),
  version = ProtoField.uint16("pus.version", "Packet version", base.DEC, nil, 0xe000),
  kind = ProtoField.uint16("pus.kind", "Kind", base.DEC, KINDS, 0x1000),
  secondary = ProtoField.bool("pus.secondary_header", "Secondary header", 16, nil, 0x0800),
  apid = ProtoField.uint16("pus.apid", "APID", base.DEC, nil, 0x07ff),
  flags = ProtoField.uint16("pus.sequence_flags", "Sequence flags", base.DEC, nil, 0xc000),
  count = ProtoField.uint16("pus.count", "Sequence count", base.DEC, nil, 0x3fff),
  length = ProtoField.uint16("pus.length", "Length field", base.DEC),
  pus_version = ProtoField.uint8("pus.pus_version", "PUS version", base.DEC, nil, 0x70),
  ack = ProtoField.uint8("pus.ack", "Acknowledgement", base.HEX, nil, 0x0f),
  service = ProtoField.uint8("pus.service", "Service", base.DEC),
  subservice = ProtoField.uint8("pus.subservice", "Subservice", base.DEC),
  source = ProtoField.uint8("pus.source", "Source", base.DEC),
  destination = ProtoField.uint8("pus.destination", "Destination", base.DEC),
  time = ProtoField.absolute_time("pus.time", "Time", base.UTC),
  coarse = ProtoField.uint32("pus.coarse", "Seconds", base.DEC),
  fine = ProtoField.uint24("pus.fine_us", "Microseconds", base.DEC),
  sync = ProtoField.uint8("pus.sync", "Synchronisation", base.HEX),
  data = ProtoField.bytes("pus.data", "Data"),
  pec = ProtoField.uint16("pus.pec", "Checksum", base.HEX),
  pec_good = ProtoField.bool("pus.pec.good", "Checksum good"),
}
pus.fields = f

local bad_pec = ProtoExpert.new("pus.bad_pec", "Bad checksum", expert.group.CHECKSUM, expert.severity.ERROR)
local wrong_size = ProtoExpert.new("pus.size", "Not of the length that it says", expert.group.MALFORMED, expert.severity.ERROR)
pus.experts = { bad_pec, wrong_size }

-- CRC-16 with polynomial 0x1021 from 0xFFFF: 0 over a packet and its checksum
local function checks(range)
  local bytes, crc = range:bytes(), 0xffff
  for i = 0, bytes:len() - 1 do
    crc = bit.bxor(crc, bit.lshift(bytes:get_index(i), 8))
    for _ = 1, 8 do
      local shifted = bit.band(bit.lshift(crc, 1), 0xffff)
      crc = bit.band(crc, 0x8000) ~= 0 and bit.bxor(shifted, 0x1021) or shifted
    end
  end
  return crc == 0
end

local function telemetry(tvb, tree)
  tree:add(f.destination, tvb(9, 1))
  local coarse, fine = tvb(10, 4):uint(), tvb(14, 3):uint()
  local seconds = EPOCH + coarse + math.floor(fine / 1000000)
  tree:add(f.time, tvb(10, 7), NSTime.new(seconds, fine % 1000000 * 1000))
  tree:add(f.coarse, tvb(10, 4))
  tree:add(f.fine, tvb(14, 3))
  tree:add(f.sync, tvb(17, 1))
end

function pus.dissector(tvb, pinfo, root)
  if tvb:len() < PRIMARY then return 0 end
  pinfo.cols.protocol = "PUS"
  local tree = root:add(pus, tvb())
  for _, field in ipairs({ f.version, f.kind, f.secondary, f.apid }) do tree:add(field, tvb(0, 2)) end
  tree:add(f.flags, tvb(2, 2))
  tree:add(f.count, tvb(2, 2))
  tree:add(f.length, tvb(4, 2))
  local command = tvb(0, 1):bitfield(3, 1) == 1
  local header = command and TC_HEADER or TM_HEADER
  local whole = tvb(4, 2):uint() + PRIMARY + 1 == tvb:len()
  if not whole then tree:add_proto_expert_info(wrong_size) end
  if tvb:len() < header + 2 then return tvb:len() end
  tree:add(f.pus_version, tvb(6, 1))
  if command then tree:add(f.ack, tvb(6, 1)) end
  tree:add(f.service, tvb(7, 1))
  tree:add(f.subservice, tvb(8, 1))
  if command then tree:add(f.source, tvb(9, 1)) else telemetry(tvb, tree) end
  local last = tvb:len() - 2
  if last > header then tree:add(f.data, tvb(header, last - header)) end
  tree:add(f.pec, tvb(last, 2))
  local good = checks(tvb())
  tree:add(f.pec_good, tvb(last, 2), good):set_generated()
  if not good then tree:add_proto_expert_info(bad_pec) end
  pinfo.cols.info = string.format("%s(%d,%d), APID %d, count %d", command and "TC" or "TM",
    tvb(7, 1):uint(), tvb(8, 1):uint(), tvb(0, 2):bitfield(5, 11), tvb(2, 2):bitfield(2, 14))
  return tvb:len()
end

-- behind a header of four bytes
local ptp = Proto("spw_ptp", "CCSDS packet transfer protocol")

function ptp.dissector(tvb, pinfo, root)
  if tvb:len() <= PTP_HEADER then return 0 end
  local tree = root:add(ptp, tvb(0, PTP_HEADER))
  tree:add(f.target, tvb(0, 1))
  tree:add(f.user, tvb(3, 1))
  return PTP_HEADER + pus.dissector(tvb(PTP_HEADER):tvb(), pinfo, root)
end

DissectorTable.get("spw.protocol"):add(0x02, ptp)
DissectorTable.get("wtap_encap"):add(wtap.USER1, pus)
