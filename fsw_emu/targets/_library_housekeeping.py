# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""LibraryCore, fourth part: coded housekeeping packets."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsw_emu.core import HousekeepingCodec
from fsw_emu.packets.received import packet_list, reach
from fsw_emu.targets._library import Library, choice, ranged

_CODEC = ("hkdelta", "aec", "none", "auto")


def _bytes(coded: list[bytes]) -> int:
    return sum(map(len, coded))


class HousekeepingFunctions(Library):
    """Housekeeping packets, one for one or in blocks."""

    def hk_encode(
        self,
        packets: Iterable[bytes],
        *,
        codec: HousekeepingCodec = "hkdelta",
        full_every: int = 64,
    ) -> list[bytes]:
        given = packet_list(packets)
        choice(codec, _CODEC, "codec")
        if ranged(full_every, self.lib.SXI_HK_MAX_INTERVAL, "full_every") == 0:
            raise ValueError("full_every: 0")
        if len(given) > 1 << 24:
            raise ValueError(f"packets: {len(given)} are more than 2^24")
        if codec == "hkdelta":
            return self._differences(given, full_every)
        if codec == "aec":
            return self._blocks(given, full_every)
        if codec == "none":
            return self._differences(given, 1)
        return min(
            self._differences(given, full_every), self._blocks(given, full_every), key=_bytes
        )

    def hk_decode(self, packets: Iterable[bytes]) -> tuple[list[bytes], NDArray[np.bool_]]:
        given = packet_list(packets)
        ctx, _alive = self._context(1, given)
        found: dict[int, bytes] = {}
        out = bytearray(self.lib.SXI_HK_MAX_BYTES)
        number = self.ffi.new("uint32_t *")
        for packet in given:
            if packet[:1] == bytes([self.lib.SXI_HK_BLOCK]):
                self._take_block(packet, found)
            elif packet[:1] < b"\x80" or int.from_bytes(packet[1:4], "big") not in found:
                size = self.lib.sxi_hk_decode(
                    ctx, self.bytes_at(packet), len(packet), self.bytes_at(out), len(out), number
                )
                if size >= 0:
                    found.setdefault(number[0], bytes(out[:size]))
        numbers = range(reach(found))
        return [found.get(i, b"") for i in numbers], np.array([i in found for i in numbers])

    def _context(self, full_every: int, packets: list[bytes]) -> tuple[Any, Any]:
        """A coder or decoder for such packets, coded or not, and the memory that it lives in."""
        room = min(max(map(len, packets), default=0), self.lib.SXI_HK_MAX_BYTES) // 2 + 1
        words = self.ffi.new("struct sxi_hk_word[]", room)
        ctx = self.new("sxi_hk", full_every=full_every, room=room, words=words)
        self.count("hk", self.lib.sxi_hk_init(ctx))
        return ctx, words

    def _differences(self, given: list[bytes], full_every: int) -> list[bytes]:
        ctx, _alive = self._context(full_every, given)
        out = bytearray(self.lib.SXI_HK_MAX_BYTES + self.lib.SXI_HK_OVERHEAD_BYTES)
        coded = []
        for packet in given:
            size = self.lib.sxi_hk_encode(
                ctx, self.bytes_at(packet), len(packet), self.bytes_at(out), len(out)
            )
            coded.append(bytes(out[: self.count("hk_encode", size)]))
        return coded

    def _blocks(self, given: list[bytes], full_every: int) -> list[bytes]:
        """Blocks of packets of one length; full packets where those are shorter."""
        whole = self._differences(given, 1)
        most = min(full_every, self.lib.SXI_HK_MAX_BLOCK)
        coded: list[bytes] = []
        first = 0
        for _, run in groupby(given, len):
            end = first + len(list(run))
            for start in range(first, end, most):
                stop = min(start + most, end)
                block = self._block(given[start:stop], start)
                full = whole[start:stop]
                coded += [block] if len(block) < _bytes(full) else full
            first = end
        return coded

    def _block(self, packets: list[bytes], number: int) -> bytes:
        n, length = len(packets), len(packets[0])
        out = bytearray(self.lib.sxi_hk_block_bound(n, length))
        planes = np.empty(n * ((length + 1) // 2), np.uint16)
        size = self.lib.sxi_hk_block_encode(
            self.bytes_at(b"".join(packets)),
            n,
            length,
            number,
            self.at(planes, "uint16_t"),
            len(planes),
            self.bytes_at(out),
            len(out),
        )
        return bytes(out[: self.count("hk_encode", size)])

    def _take_block(self, packet: bytes, found: dict[int, bytes]) -> None:
        block = self.new("sxi_hk_block")
        most = self.lib.SXI_HK_MAX_BLOCK * self.lib.SXI_HK_MAX_BYTES
        planes, out = np.empty(most // 2, np.uint16), bytearray(most)
        size = self.lib.sxi_hk_block_decode(
            block,
            self.bytes_at(packet),
            len(packet),
            self.at(planes, "uint16_t"),
            len(planes),
            self.bytes_at(out),
            len(out),
        )
        for i in range(block.n if size >= 0 else 0):
            at = i * block.length
            found.setdefault((block.number + i) & 0xFFFFFF, bytes(out[at : at + block.length]))
