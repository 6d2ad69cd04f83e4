# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Service 212: copy, compress and decompress, from memory to memory.

The configuration is a compression key as of entities (SPEC.md, 8.4: ASSUMED here). Compressed data
in memory are the size of the original, 32 bit, and what the key's coder made (ASSUMED).
"""

from __future__ import annotations

from collections.abc import Generator, Mapping

from fsw_emu.core import CoreError
from fsw_emu.dpu.commands import Command, Handler
from fsw_emu.dpu.onboard import Onboard, Passive
from fsw_emu.dpu.services.memory import misplaced, store

FAILED = "ACK_LOAD_FAILURE"
_SIZE_BYTES = 4
_NO_SIZE = 5  # of compressed data: no status of the core, which begin at 1
Steps = Generator[None, None, str | None]


class DataService(Passive):
    """A job takes as many cycles as its size says; what it reads and writes are those of the
    last."""

    def __init__(self, onboard: Onboard) -> None:
        self._onboard = onboard
        self._memory = onboard.world.memory
        self._assumed = onboard.table.assumed["data"]

    def handlers(self) -> Mapping[str, Handler]:
        return {
            "Copy": Handler(self._copy, accept=self._accept_copy),
            "Compr": Handler(self._compress, accept=self._accept),
            "Decompr": Handler(self._decompress, accept=self._accept),
        }

    def _accept(self, command: Command) -> str | None:
        source, target = (command[f"{which}MemId"] for which in ("Src", "Trgt"))
        size = command["DataSize"]
        failure = misplaced(
            self._memory, source, command["SrcAddress"], size, wrong_size="ACK_ILL_DSIZE"
        ) or misplaced(self._memory, target, command["TrgtAddress"], 0)
        if failure is None and not 0 < size <= self._assumed["most_bytes"]:
            failure = "ACK_ILL_DSIZE"
        return failure

    def _accept_copy(self, command: Command) -> str | None:
        return self._accept(command) or misplaced(
            self._memory,
            command["TrgtMemId"],
            command["TrgtAddress"],
            command["DataSize"],
            wrong_size="ACK_ILL_DSIZE",
        )

    def _copy(self, command: Command) -> Steps:
        """As if all were read before anything is written: ranges may overlap."""
        data = yield from self._begun(command, "copy_bytes_a_cycle")
        return self._ended(command, data, original=len(data), compressed=len(data))

    def _compress(self, command: Command) -> Steps:
        data = yield from self._begun(command, "coded_bytes_a_cycle")
        try:
            coded = self._onboard.core.key_encode(command["ComprConfig"], data)
        except CoreError as error:
            self._onboard.events.report("EVT_SDP_FAIL", SdpFailCode=-error.status)
            return FAILED
        block = len(data).to_bytes(_SIZE_BYTES, "big") + coded
        return self._ended(command, block, original=len(data), compressed=len(block))

    def _decompress(self, command: Command) -> Steps:
        block = yield from self._begun(command, "coded_bytes_a_cycle")
        size = int.from_bytes(block[:_SIZE_BYTES], "big")
        if len(block) < _SIZE_BYTES or not 0 < size <= self._assumed["most_bytes"]:
            return self._bad_data(_NO_SIZE)
        try:
            data = self._onboard.core.key_decode(
                command["DecomprConfig"], block[_SIZE_BYTES:], size
            )
        except CoreError as error:
            return self._bad_data(-error.status)
        return self._ended(command, data, original=len(data), compressed=len(block))

    def _bad_data(self, code: int) -> str:
        self._onboard.events.report("EVT_SDP_DATAFAIL", DatErrCnt=1, SdpFailCode=code)
        return FAILED

    def _begun(self, command: Command, rate: str) -> Generator[None, None, bytes]:
        """Tell what is done in the data pool, take the time that it takes; the data."""
        pool, size = self._onboard.pool, command["DataSize"]
        pool["s212Algo"] = command.tc.subtype
        pool["s212Src"], pool["s212Dest"] = command["SrcAddress"], command["TrgtAddress"]
        pool["s212OrigSize"] = pool["s212CmprSize"] = 0
        for _ in range((size - 1) // self._assumed[rate]):
            yield
        return self._memory.read(command["SrcMemId"], command["SrcAddress"], size)

    def _ended(
        self, command: Command, data: bytes, *, original: int, compressed: int
    ) -> str | None:
        id_, start = command["TrgtMemId"], command["TrgtAddress"]
        if misplaced(self._memory, id_, start, len(data)):
            room = self._memory.regions[self._memory.check(id_, start, 0)].end - start
            self._onboard.events.report("EVT_CMPR_SIZE", CmprBufSize=min(room, 0xFFFF))
            return FAILED
        failure = store(self._onboard, id_, start, data)
        if failure is None:
            self._onboard.pool["s212OrigSize"] = original
            self._onboard.pool["s212CmprSize"] = compressed
        return failure
