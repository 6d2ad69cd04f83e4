# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The checksum of RMAP on the worked packets of ECSS-E-ST-50-52C annex A.4."""

from __future__ import annotations

import pytest

from fsw_emu.core import Core

#: header with its checksum, data with theirs; path addresses are outside both
PATTERNS = {
    "write": "fe016c0067000000a00000000000109f 0123456789abcdef101112131415161756",
    "reply to it": "67012c00fe0000ed",
    "read": "fe014c0067000100a0000000000010c9",
    "reply with data": "67010c00fe0001000000106d 0123456789abcdef101112131415161756",
    "write over paths": "fe016e000099aabbccddee0067000200a00000100000107f"
    " a0a1a2a3a4a5a6a7a8a9aaabacadaeafb4",
    "reply over paths": "67012e00fe00021d",
    "read over paths": "fe014d0099aabbcc67000300a0000010000010f7",
    "data over paths": "67010d00fe00030000001052 a0a1a2a3a4a5a6a7a8a9aaabacadaeafb4",
}


@pytest.mark.parametrize("name", PATTERNS)
def test_worked_patterns(core: Core, name: str) -> None:
    for part in PATTERNS[name].split():
        *content, crc = bytes.fromhex(part)
        assert core.crc8(bytes(content)) == crc
        assert core.crc8(bytes.fromhex(part)) == 0
