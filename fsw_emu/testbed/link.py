# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The link between the two, with the faults that a scenario asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from fsw_emu.dpu.fee_port import Received
from fsw_emu.dpu.science.readout import Batch
from fsw_emu.packets import fee as fee_packets
from fsw_emu.packets import rmap
from fsw_emu.packets.fee import HEADER_BYTES
from fsw_emu.packets.fee_registers import FIELDS
from fsw_emu.packets.spacewire import FEE_DATA, Item, SpwPacket, TimeCode
from fsw_emu.testbed.fee import Fee
from fsw_emu.world.acts import Act

#: 40 Mbit/s of data, in 125 ms
BYTES_A_CYCLE = 625_000
_KINDS = {
    fee_packets.DATA: "data",
    fee_packets.EVENT: "event",
    fee_packets.WANDERING_MASK: "event",
    fee_packets.HOUSEKEEPING: "housekeeping",
}
_TYPE_AT, _LENGTH_AT = 5, 3
#: where the counter of corrected errors ends (ASSUMED: cmic_corr is that counter, and stays there)
_MOST_CORRECTED = FIELDS["cmic_corr"].mask >> FIELDS["cmic_corr"].lsb


class FeeLink:
    """Takes items both ways, a cycle at a time. ``burst`` is told of events that nothing made.

    ``lost`` counts packets that faults took away.
    """

    def __init__(self, fee: Fee, *, seed: int, burst: Callable[[float], None]) -> None:
        self.lost = 0
        self._fee = fee
        self._burst = burst
        self._rng = np.random.default_rng(seed)
        self._powered = False
        self._down = False
        self._drop = dict.fromkeys(("all", *_KINDS.values()), 0.0)
        self._corrupt = 0.0
        self._no_hk = self._no_replies = False
        self._status = 0  # of replies, where it is not 0
        self._ecc = {"rate": 0.0, "double": 0.0}
        self._ecc_ns = 0  # since when
        self._corrected = 0  # in its memory, since it has power
        self._acts: Mapping[str, Callable[[Mapping[str, Any], int], None]] = {
            "fee.drop": lambda a, _: self._drop.update({a["packets"]: a["share"]}),
            "fee.corrupt": self._set_corrupt,
            "fee.no_hk": self._set_no_hk,
            "fee.frozen": lambda a, _: self._fee.freeze(a["on"]),
            "fee.rmap_timeout": self._set_no_replies,
            "fee.rmap_error": self._set_status,
            "fee.link_down": self._set_down,
            "fee.burst": lambda a, _: self._burst(a["rate"]),
            "fee.hk": lambda a, _: self._fee.stick(a["field"], a["raw"] if a["on"] else None),
            "fee.ecc": self._set_ecc,
        }

    def act(self, act: Act, now_ns: int) -> None:
        """What a scenario wants of the FEE and its link; what it wants of the sky is no concern
        here."""
        if act.owner == "fee":
            self._acts[act.name](act.arguments, now_ns)

    def due_ns(self) -> int | None:
        """When the FEE sends something by itself."""
        return self._fee.due_ns() if self._powered else None

    def power(self, on: bool, now_ns: int) -> None:
        """The FEE gets power, or loses it."""
        if on != self._powered:
            if self._corrected:
                self._fee.stick("cmic_corr", None)
            self._powered, self._corrected = on, 0
            self._fee.power(on, now_ns)
            if on and self._down:
                self._fee.link(up=False)

    def exchange(self, items: Sequence[Item], now_ns: int) -> list[Received]:
        """One cycle: what goes to the FEE; what comes from it."""
        if not self._powered:
            self.lost += len(items)
            return []
        self._age(now_ns)
        back = self._fee.received([] if self._down else items, now_ns)
        came: list[Received] = list(self._replies(back))
        n_bytes = 0
        while n_bytes < BYTES_A_CYCLE and (due := self._fee.due_ns()) is not None:
            if due > now_ns:
                break
            stretch = self._fee.produce(now_ns)
            n_bytes += sum(map(_bytes, stretch))
            came += self._through(stretch)
        if self._down:
            self.lost += len(came)
            return []
        return came

    def _replies(self, replies: Sequence[Item]) -> Sequence[Item]:
        if self._no_replies:
            self.lost += len(replies)
            return []
        return [self._refused(each) for each in replies] if self._status else replies

    def _refused(self, item: Item) -> Item:
        """A reply with the status that is asked for, and no data."""
        read = rmap.read_reply(item.data) if isinstance(item, SpwPacket) else None
        if not isinstance(read, rmap.ReadReply):
            return item
        reply = read.reply
        return SpwPacket(
            rmap.Reply(
                reply.instruction,
                reply.initiator,
                reply.target,
                self._status,
                reply.transaction,
            ).to_bytes()
        )

    @property
    def _clean(self) -> bool:
        return not (self._no_hk or self._corrupt or any(self._drop.values()))

    def _through(self, items: Sequence[Received]) -> Sequence[Received]:
        """Packets of readouts that arrive."""
        if self._clean:
            return items
        came: list[Received] = []
        for item in items:
            if isinstance(item, Batch):
                packets = [
                    item.buffer[start : start + size]
                    for start, size in zip(
                        item.offsets.tolist(), item.lengths.tolist(), strict=True
                    )
                ]
                left = [faulty for each in packets if (faulty := self._faulty(each))]
                came += [Batch.of(left)] if left else []
            elif isinstance(item, TimeCode):
                came.append(item)
            elif packet := self._faulty(item.data):
                came.append(SpwPacket(packet))
        return came

    def _faulty(self, packet: bytes) -> bytes:
        """What faults leave of a packet; empty for nothing."""
        if len(packet) < HEADER_BYTES or packet[1] != FEE_DATA:
            return packet
        kind = _KINDS[packet[_TYPE_AT] & 3]
        share = max(self._drop["all"], self._drop[kind])
        if (kind == "housekeeping" and self._no_hk) or self._rng.random() < share:
            self.lost += 1
            return b""
        if self._rng.random() < self._corrupt:
            return packet[:_LENGTH_AT] + bytes([packet[_LENGTH_AT] ^ 1]) + packet[_LENGTH_AT + 1 :]
        return packet

    def _age(self, now_ns: int) -> None:
        """Errors of the FEE's memory since the last cycle."""
        seconds, self._ecc_ns = (now_ns - self._ecc_ns) * 1e-9, now_ns
        if not self._ecc["rate"]:
            return
        n = int(self._rng.poisson(self._ecc["rate"] * seconds))
        n_double = int(self._rng.binomial(n, self._ecc["double"]))
        if n > n_double:
            self._fee.raise_flag("ext_sdram_edac_corr_err_error")
            self._corrected = min(self._corrected + n - n_double, _MOST_CORRECTED)
            self._fee.stick("cmic_corr", self._corrected)
        if n_double:
            self._fee.raise_flag("ext_sdram_edac_uncorr_err_error")

    def _set_corrupt(self, a: Mapping[str, Any], _: int) -> None:
        self._corrupt = a["share"]

    def _set_no_hk(self, a: Mapping[str, Any], _: int) -> None:
        self._no_hk = a["on"]

    def _set_no_replies(self, a: Mapping[str, Any], _: int) -> None:
        self._no_replies = a["on"]

    def _set_status(self, a: Mapping[str, Any], _: int) -> None:
        self._status = a["status"]

    def _set_down(self, a: Mapping[str, Any], _: int) -> None:
        self._down = a["on"]
        if self._powered:
            self._fee.link(up=not self._down)

    def _set_ecc(self, a: Mapping[str, Any], now_ns: int) -> None:
        self._ecc = {"rate": a["rate"], "double": a["double"]}
        self._ecc_ns = now_ns


def _bytes(item: Received) -> int:
    if isinstance(item, TimeCode):
        return 0
    return len(item.buffer) if isinstance(item, Batch) else len(item.data)
