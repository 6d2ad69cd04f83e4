# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What coded housekeeping takes: of the emulated FEE, and of telemetry packets."""

from __future__ import annotations

import numpy as np
import pytest

from fsw_emu.codecs.housekeeping import compress_housekeeping, decompress_housekeeping
from fsw_emu.core import TmPacket, default_core
from fsw_emu.fee.housekeeping import Housekeeping
from fsw_emu.fee.memory import FeeMemory

SECOND_NS = 1_000_000_000


def fee_packets(n: int) -> list[bytes]:
    """Payloads of the FEE's housekeeping packets, one each 3 s."""
    memory = FeeMemory()
    housekeeping = Housekeeping(memory, seed=1)
    housekeeping.link_up()
    packets = []
    for i in range(n):
        housekeeping.update(3 * i * SECOND_NS)
        memory.set("frame_counter", i)
        packets.append(memory.housekeeping())
    return packets


def telemetry(payloads: list[bytes]) -> list[bytes]:
    """The same as service 3 reports."""
    core = default_core()
    return [
        core.tm_build(TmPacket(321, i, 3, 25, 0, 100 + 8 * i, 12345 * i % 1000000, 5), payload)
        for i, payload in enumerate(payloads)
    ]


def test_housekeeping_of_the_fee() -> None:
    packets = fee_packets(256)
    coded = compress_housekeeping(packets)
    back, ok = decompress_housekeeping(coded)
    assert (back, ok.all()) == (packets, True)
    assert sum(map(len, coded)) <= 8 * len(packets)  # of 152 bytes


def test_telemetry_packets_come_without_their_checksum() -> None:
    packets = telemetry(fee_packets(128))
    coded = compress_housekeeping(packets)
    assert decompress_housekeeping(coded)[0] == packets
    assert [coded[0][0], coded[64][0]] == [0xCC, 0xCC]
    noise = np.random.default_rng(1).integers(0, 256, (len(packets), 2), np.uint8)
    broken = [p[:-2] + bytes(n) for p, n in zip(packets, noise, strict=True)]
    longer = compress_housekeeping(broken)
    assert decompress_housekeeping(longer)[0] == broken
    assert sum(map(len, longer)) > sum(map(len, coded)) + 1.9 * len(packets)


def test_auto_takes_what_is_shortest() -> None:
    packets = fee_packets(70)
    sizes = {
        codec: sum(map(len, compress_housekeeping(packets, codec=codec)))
        for codec in ("hkdelta", "aec", "none", "auto")
    }  # fmt: skip
    assert sizes["auto"] == min(sizes.values()) == sizes["hkdelta"]
    assert sizes["none"] == 158 * len(packets)
    assert sizes["aec"] < sizes["none"] / 3


@pytest.mark.parametrize("full_every", [1, 8, 64, 256])
def test_a_shorter_interval_costs_more_and_loses_less(full_every: int) -> None:
    packets = fee_packets(300)
    coded = compress_housekeeping(packets, full_every=full_every)
    back, ok = decompress_housekeeping(coded[:9] + coded[10:])
    assert int((~ok).sum()) == (-9 % full_every or full_every)
    assert all(b == p for b, p, good in zip(back, packets, ok, strict=True) if good)
