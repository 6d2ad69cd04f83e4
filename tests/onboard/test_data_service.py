# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Service 212: copy, compress, decompress."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fsw_emu.core import default_core
from fsw_emu.interface.table import load
from fsw_emu.world.memory import Full

RAM, MRAM, BOOT_MRAM, INTERNAL, REGISTER = 1, 2, 3, 4, 5
ASSUMED = load().assumed["data"]
EVENTS, IMAGE, NONE = 0x00014110, 0x00014010, 0x00000000
plain = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def job(
    rig: Any,
    name: str,
    size: int,
    *,
    source: tuple[int, int] = (RAM, 0x61000000),
    target: tuple[int, int] = (RAM, 0x62000000),
    key: int = IMAGE,
    cycles: int = 1,
) -> list[Any]:
    more = {"Copy": {}, "Compr": {"ComprConfig": key}, "Decompr": {"DecomprConfig": key}}[name]
    came: list[Any] = rig.send(
        name,
        cycles=cycles,
        SrcMemId=source[0],
        SrcAddress=source[1],
        DataSize=size,
        TrgtMemId=target[0],
        TrgtAddress=target[1],
        **more,
    )
    return came


@pytest.mark.verifies("ASW-22")
@given(st.binary(min_size=1, max_size=3000), st.integers(-3000, 3000))
@settings(plain, max_examples=40)
def test_a_copy_is_that_of_a_bytearray(rig: Any, data: bytes, shift: int) -> None:
    memory, start, window = rig.dpu.world.memory, 0x61000000, 10000
    memory.write(RAM, start, bytes(window))
    memory.write(RAM, start + 4000, data)
    model = bytearray(window)
    model[4000 : 4000 + len(data)] = data
    model[4000 + shift : 4000 + shift + len(data)] = data
    came = job(
        rig, "Copy", len(data), source=(RAM, start + 4000), target=(RAM, start + 4000 + shift)
    )
    assert rig.failure(came) == ""
    assert memory.read(RAM, start, window) == model
    assert rig.dpu.onboard.pool["s212Algo"] == 1
    assert rig.dpu.onboard.pool["s212Dest"] == start + 4000 + shift


samples = st.lists(st.integers(0, 0xFFFF), min_size=1, max_size=600)


@pytest.mark.verifies("ASW-22")
@given(samples, st.sampled_from([IMAGE, NONE]))
@settings(plain, max_examples=40)
def test_what_was_compressed_comes_back(rig: Any, values: list[int], key: int) -> None:
    memory, pool = rig.dpu.world.memory, rig.dpu.onboard.pool
    data = np.array(values, ">u2").tobytes()
    memory.write(RAM, 0x61000000, data)
    assert rig.failure(job(rig, "Compr", len(data), target=(MRAM, 0x40100000), key=key)) == ""
    assert pool["s212OrigSize"] == len(data)
    size = pool["s212CmprSize"]
    coded = default_core().key_encode(key, data)
    assert memory.read(MRAM, 0x40100000, size) == len(data).to_bytes(4, "big") + coded
    came = job(rig, "Decompr", size, source=(MRAM, 0x40100000), target=(RAM, 0x63000000), key=key)
    assert rig.failure(came) == ""
    assert memory.read(RAM, 0x63000000, len(data)) == data
    assert (pool["s212OrigSize"], pool["s212CmprSize"], pool["s212Algo"]) == (len(data), size, 3)


@given(st.binary(min_size=1, max_size=300), st.sampled_from([IMAGE, EVENTS, NONE, 0x40, 0x130]))
@settings(plain, max_examples=60)
def test_any_bytes_are_decompressed_or_refused(rig: Any, data: bytes, key: int) -> None:
    rig.dpu.world.memory.write(RAM, 0x61000000, data)
    came = job(rig, "Decompr", len(data), key=key)
    assert rig.failure(came) in ("", "ACK_LOAD_FAILURE")
    assert rig.events(came) in ([], ["EVT_SDP_DATAFAIL"])
    assert (rig.failure(came) == "") == (rig.events(came) == [])


@pytest.mark.parametrize("skip", [False, True])
def test_a_large_job_takes_its_time(rig: Any, skip: bool) -> None:
    size = 5 * ASSUMED["coded_bytes_a_cycle"] + 2
    data = np.arange(size // 2, dtype=np.uint16).tobytes()
    rig.dpu.world.memory.write(RAM, 0x61000000, data)
    job(rig, "Compr", size, cycles=1)
    if skip:
        rig.dpu.run(4)
    else:
        rig.run(4)
    assert rig.dpu.onboard.pool["s212CmprSize"] == 0
    came = [tm for tm in rig.run(1) if tm.header.type != 3]
    assert [(tm.header.type, tm.header.subtype) for tm in came] == [(1, 7)]
    assert 0 < rig.dpu.onboard.pool["s212CmprSize"] < size


@pytest.mark.parametrize(
    ("name", "size", "source", "target", "failure"),
    [
        ("Copy", 0, (RAM, 0x61000000), (RAM, 0x62000000), "ACK_ILL_DSIZE"),
        ("Copy", 5, (RAM, 0x6FFFFFFC), (RAM, 0x62000000), "ACK_ILL_DSIZE"),
        ("Copy", 5, (RAM, 0x61000000), (RAM, 0x6FFFFFFC), "ACK_ILL_DSIZE"),
        ("Copy", 4, (RAM, 0x5FFFFFFC), (RAM, 0x62000000), "ACK_ILL_SADDR"),
        ("Copy", 4, (RAM, 0x61000000), (MRAM, 0x62000000), "ACK_ILL_SADDR"),
        ("Copy", 4, (BOOT_MRAM, 0), (RAM, 0x62000000), "ACK_ILL_MID"),
        ("Copy", 4, (REGISTER, 0x20000000), (RAM, 0x62000000), ""),
        ("Copy", 6, (REGISTER, 0x20000000), (RAM, 0x62000000), "ACK_ILL_DSIZE"),
        ("Copy", 4, (RAM, 0x61000000), (REGISTER, 0x20000000), "ACK_ILL_MID"),
        ("Compr", (1 << 24) + 1, (RAM, 0x61000000), (RAM, 0x63000000), "ACK_ILL_DSIZE"),
        ("Compr", 4, (INTERNAL, 0), (RAM, 0x63000000), "ACK_ILL_SADDR"),
        ("Decompr", 0xFFFFFFFF, (RAM, 0x61000000), (RAM, 0x63000000), "ACK_ILL_DSIZE"),
        ("Decompr", 4, (RAM, 0x61000000), (RAM, 0x3FFFFFFF), "ACK_ILL_SADDR"),
    ],
)
def test_what_is_refused(
    rig: Any,
    name: str,
    size: int,
    source: tuple[int, int],
    target: tuple[int, int],
    failure: str,
) -> None:
    assert rig.failure(job(rig, name, size, source=source, target=target)) == failure


def test_a_key_that_means_nothing(rig: Any) -> None:
    came = job(rig, "Compr", 64, key=0xEF908030)
    assert rig.failure(came) == "ACK_LOAD_FAILURE"
    assert rig.events(came) == ["EVT_SDP_FAIL"]


def test_an_output_that_does_not_fit(rig: Any) -> None:
    came = job(rig, "Compr", 64, target=(RAM, 0x6FFFFFF0), key=NONE)
    assert rig.failure(came) == "ACK_LOAD_FAILURE"
    assert rig.events(came) == ["EVT_CMPR_SIZE"]
    assert came[-2].data[4:6] == b"\0\x10"


def test_a_target_that_reads_back_otherwise(rig: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    memory = rig.dpu.world.memory
    write = memory.write
    memory.write(RAM, 0x61000000, b"\x55" * 8)
    monkeypatch.setattr(memory, "write", lambda m, a, d: write(m, a, d[:-1] + b"\0"))
    came = job(rig, "Copy", 8)
    assert rig.failure(came) == "ACK_LOAD_FAILURE"
    assert rig.events(came) == ["EVT_MEM_LOAD_CMP"]


def test_memory_that_the_emulator_has_no_more_of(rig: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise Full("no page")

    monkeypatch.setattr(rig.dpu.world.memory, "write", full)
    assert rig.failure(job(rig, "Copy", 8)) == "ACK_LOAD_FAILURE"
