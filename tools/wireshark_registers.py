# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Write the FEE's registers for the dissectors, hil/wireshark/fee_registers.lua, from
fsw_emu/packets/fee_registers.py. Usage: wireshark_registers.py [-h] [--check]"""

import sys
from pathlib import Path

from written import write

from fsw_emu.packets.fee_registers import TABLE

SCRIPT = Path(__file__).resolve().parent.parent / "hil" / "wireshark" / "fee_registers.lua"

HEAD = """\
-- SPDX-FileCopyrightText: 2026 fsw-emu contributors
-- SPDX-License-Identifier: Apache-2.0

-- Registers of the FEE, made by tools/wireshark_registers.py. Takes the prefix of the names.

local prefix = ... or "rmap.register."

-- address of the word, mask, name
local TABLE = {
"""
TAIL = """\
}

local registers, by_address = { fields = {} }, {}
for _, row in ipairs(TABLE) do
  local address, mask, name = row[1], row[2], row[3]
  local field = ProtoField.uint32(prefix .. name, name, base.DEC, nil, mask)
  registers.fields[#registers.fields + 1] = field
  by_address[address] = by_address[address] or {}
  table.insert(by_address[address], field)
end

-- The fields of the words in a range of bytes that begins at an address.
function registers.add(tree, range, address)
  if address % 4 ~= 0 then return end
  for at = 0, range:len() - 4, 4 do
    for _, field in ipairs(by_address[address + at] or {}) do tree:add(field, range(at, 4)) end
  end
end

return registers
"""


def script() -> str:
    rows = (f'  {{ 0x{f.address:03x}, 0x{f.mask:08x}, "{f.name}" }},\n' for f in TABLE)
    return HEAD + "".join(rows) + TAIL


if __name__ == "__main__":
    sys.exit(write(__doc__, SCRIPT, script()))
