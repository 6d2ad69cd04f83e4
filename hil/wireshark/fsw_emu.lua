-- SPDX-FileCopyrightText: 2026 fsw-emu contributors
-- SPDX-License-Identifier: Apache-2.0

-- SpaceWire, RMAP, FEE packets and PUS of SMILE. Load it with -X lua_script:fsw_emu.lua

local here = debug.getinfo(1, "S").source:match("^@(.*)fsw_emu%.lua$") or ""
for _, name in ipairs({ "spacewire", "rmap", "fee", "pus" }) do
  assert(loadfile(here .. name .. ".lua"))(here)
end
