# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The request ring of the emulated LEON3: what is asked wrongly, what goes wrong, who is told."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import ring_versions

import fsw_emu.targets
from fsw_emu.core import TargetError
from fsw_emu.targets import signatures
from fsw_emu.targets._library import headers, load
from fsw_emu.targets.emulated import Dozer
from fsw_emu.targets.remote import RemoteLibrary, TargetOverrun, emulated_library
from fsw_emu.targets.ring import ADDRESS, REPLY_OFFSET, Ring, TargetGone, TargetSilent, TargetTrap

ROOT = Path(__file__).resolve().parents[2]
MISALIGNED, ILLEGAL, WINDOW, DIVISION, SILENT = 0, 1, 2, 3, 4


@pytest.fixture(scope="module")
def target() -> Iterator[RemoteLibrary]:
    library = emulated_library(fsw_emu.targets.flight_program())
    yield library
    library.emulator.close()


def works(target: RemoteLibrary) -> bool:
    """It still answers, and rightly (check value of CRC-16/CCITT-FALSE)."""
    return bool(target.sxi_crc16(0xFFFF, b"123456789", 9) == 0x29B1)


def prototypes() -> dict[str, int]:
    """Parameters of each public function, read from the headers as they are written."""
    found = {}
    for path in sorted((ROOT / "c_src/include/sxi").glob("*.h")):
        text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
        for name, parameters in re.findall(r"\b(sxi_\w+)\(([^)]*)\);", text):
            found[name] = len(parameters.split(","))
    return found


@pytest.mark.verifies("RING-1", "A30")
def test_every_public_function_is_in_the_table(target: RemoteLibrary) -> None:
    offered = {n: f.arity for n, f in target.ring.functions.items() if n.startswith("sxi_")}
    assert offered == prototypes()
    assert target.ring.memory.read_word(0x40400000) == int.from_bytes(b"SXIR", "big")
    numbers = [function.number for function in target.ring.functions.values()]
    assert len(set(numbers)) == len(numbers)


def test_something_tells_how_far_every_pointer_reaches() -> None:
    functions, structs = signatures.functions(headers()), signatures.structs(headers())
    assert functions.keys() == prototypes().keys()
    for name, (_, parameters) in functions.items():
        names = tuple(p.name for p in parameters)
        for parameter in parameters:
            if parameter.pointer:
                signatures.extent(name, parameter, names)
    # a structure with pointers of its own stands alone
    deep = {f"struct {s}" for s, members in structs.items() if any(m.pointer for m in members)}
    pointers = {
        (s, m.name)
        for s, members in structs.items()
        for m in members
        if m.pointer and m.ctype not in deep
    }
    assert pointers == set(signatures.MEMBERS)


@pytest.mark.parametrize(
    ("kind", "name", "where"),
    [
        (MISALIGNED, "mem_address_not_aligned", "ring_misbehave"),
        (ILLEGAL, "illegal_instruction", "ring_misbehave"),
        (WINDOW, "window_overflow", "leon3_lose_stack"),
        (DIVISION, "division_by_zero", "ring_misbehave"),
    ],
)
def test_a_trap_is_told_with_its_place(
    target: RemoteLibrary, kind: int, name: str, where: str
) -> None:
    places = set()
    for _ in range(3):
        with pytest.raises(TargetTrap, match=rf"ring_misbehave: {name} at 0x4\w+ in {where}") as e:
            target.ring.call("ring_misbehave", [kind])
        places.add((e.value.pc, e.value.npc))
        assert works(target)
    assert len(places) == 1


@pytest.mark.verifies("RING-3")
def test_a_misaligned_array_traps_in_the_core(target: RemoteLibrary) -> None:
    request, words = target.start(
        "sxi_image_stack", target.ffi.new("uint32_t[4]"), target.ffi.new("uint16_t[4]"), 4
    )
    with pytest.raises(TargetTrap, match=r"mem_address_not_aligned at .* in sxi_image_stack"):
        target.ring.call("sxi_image_stack", [words[0] + 1, *words[1:]])
    assert target.ring.call("sxi_image_stack", words) == 4
    request.finish()
    assert works(target)


def test_a_bad_request_gets_a_status(target: RemoteLibrary) -> None:
    ring = target.ring
    crc16 = ring.functions["sxi_crc16"]
    good = [crc16.number, crc16.version, 3, 0xFFFF, ring.arena, 0]
    for at, value, what in (
        (0, 999, "does not know the function"),
        (1, crc16.version + 1, "in another version"),
        (2, 4, "another number of arguments"),
    ):
        wrong = [value if i == at else word for i, word in enumerate(good)]
        with pytest.raises(TargetError, match=what):
            ring.wait(ring.post_words("sxi_crc16", wrong))
        assert works(target)
    with pytest.raises(TargetError, match="does not offer sxi_nothing"):
        ring.call("sxi_nothing", [])
    assert ring.wait(ring.post_words("sxi_crc16", good)) == 0xFFFF


def test_a_corrupted_request_is_refused(target: RemoteLibrary) -> None:
    """Every bit of its words but the sequence, flipped on the way."""
    ring = target.ring
    crc16 = ring.functions["sxi_crc16"]
    write = ring.memory.write
    for bit in range(0, 32 * 20, 7):

        def flipped(address: int, data: bytes, bit: int = bit) -> None:
            spoilt = bytearray(data)
            spoilt[bit // 8] ^= 1 << bit % 8
            write(address, bytes(spoilt))

        ring.memory.write = flipped  # type: ignore[method-assign]
        try:
            ticket = ring.post_words("crc", [crc16.number, crc16.version, 3, 0xFFFF, ring.arena, 0])
        finally:
            ring.memory.write = write  # type: ignore[method-assign]
        with pytest.raises(TargetError, match="reached the target corrupted"):
            ring.wait(ticket)
    assert works(target)


@pytest.mark.parametrize("bit", [0, 1, 2, 17, 31])
def test_a_page_that_was_hit_does_not_part_the_two(target: RemoteLibrary, bit: int) -> None:
    """The slot to look at, and what says that a slot was answered."""
    ring, memory = target.ring, target.ring.memory
    state = ADDRESS + 4 * 16
    slots = [ring.slots + i * ring.slot_bytes for i in range(ring.n_slots)]
    for address in (state, *(slot + REPLY_OFFSET for slot in slots)):
        memory.write_word(address, memory.read_word(address) ^ 1 << bit)
        assert all(works(target) for _ in range(2 * ring.n_slots))


@pytest.mark.verifies("RING-1")
def test_requests_may_wait_in_the_ring(target: RemoteLibrary) -> None:
    ring = target.ring
    request, words = target.start("sxi_crc16", 0xFFFF, b"123456789", 9)
    for _ in range(5):
        tickets = [ring.post("sxi_crc16", words) for _ in range(ring.n_slots)]
        with pytest.raises(TargetError, match="4 requests are under way already"):
            ring.post("sxi_crc16", words)
        assert [ring.wait(ticket) for ticket in tickets] == [0x29B1] * 4
    request.finish()


def test_a_write_outside_is_found(target: RemoteLibrary) -> None:
    """A caller that promises more room than there is stands for a function that takes it."""
    fields = target.ffi.new("uint32_t[47]")
    small = target.ffi.new("uint8_t[99]")
    with pytest.raises(TargetOverrun, match=r"sxi_ce_group_store wrote beyond .* out"):
        target.sxi_ce_group_store(fields, 47, small, 100)
    assert works(target)


@pytest.mark.verifies("RING-1", "RING-3")
def test_arrays_come_back_as_they_were_written(target: RemoteLibrary) -> None:
    rng = np.random.default_rng(1)
    stack = rng.integers(0, 2**32, 1000, np.uint32)
    image = rng.integers(0, 2**16, 1000, np.uint16)
    expected = np.minimum(stack.astype(np.uint64) + image, 2**32 - 1)
    at = target.ffi.cast("uint32_t *", stack.ctypes.data)
    assert (
        target.sxi_image_stack(at, target.ffi.cast("uint16_t *", image.ctypes.data), 1000) == 1000
    )
    assert np.array_equal(stack, expected)


def test_a_silent_target_is_given_up() -> None:
    library = emulated_library(fsw_emu.targets.flight_program(), timeout_s=0.3)
    with pytest.raises(TargetSilent, match=r"ring_misbehave: no answer within 0\.3 s"):
        library.ring.call("ring_misbehave", [SILENT])
    library.emulator.close()


def test_a_target_that_ends_is_told() -> None:
    library = emulated_library(fsw_emu.targets.flight_program())
    library.emulator.process.kill()
    with pytest.raises(TargetGone, match=r"the target ended \(SIGKILL\)"):
        library.ring.call("ring_misbehave", [SILENT])
    library.emulator.close()


def test_a_program_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "x.elf"
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(ValueError, match="not an ELF file"):
        fsw_emu.targets.open(f"elf:{path}")
    with pytest.raises(FileNotFoundError):
        fsw_emu.targets.open(f"elf:{tmp_path}/missing")
    for name in ("leon4", "elf:", "user", "lib:", ""):
        with pytest.raises(ValueError, match="no such target"):
            fsw_emu.targets.open(name)


@pytest.mark.verifies("RING-2")
def test_versions_follow_the_prototypes() -> None:
    kept = json.loads(ring_versions.KEPT.read_text())
    now = ring_versions.entries()
    assert set(now) == set(prototypes())
    assert now == kept, "see tools/ring_versions.py -h"


@pytest.mark.verifies("RING-2")
def test_a_broken_promise_is_told() -> None:
    now = ring_versions.entries()
    crc16 = now["sxi_crc16"]
    kept = now | {"sxi_crc16": crc16 | {"prototype": "another"}}
    assert ring_versions.faults(kept, now) == [
        "sxi_crc16: the prototype changed, version 1 did not"
    ]
    renewed = now | {"sxi_crc16": crc16 | {"version": 2}}
    assert ring_versions.faults(kept, renewed) == []
    assert "became 2" in ring_versions.faults(now, now | {"sxi_crc16": crc16 | {"number": 2}})[0]
    gone = {name: entry for name, entry in now.items() if name != "sxi_crc16"}
    taken = gone | {"sxi_new": crc16}
    assert ring_versions.faults(now, taken) == ["sxi_new takes the number of sxi_crc16"]


@pytest.mark.verifies("RING-2")
def test_another_version_is_not_called(target: RemoteLibrary) -> None:
    functions = target.ring.functions
    crc8 = functions["sxi_crc8"]
    functions["sxi_crc8"] = dataclasses.replace(crc8, version=77)
    with pytest.raises(TargetError, match="sxi_crc8: the target has version 77, these headers 1"):
        target.sxi_crc8(0, b"123456789", 9)
    functions["sxi_crc8"] = crc8
    assert target.sxi_crc8(0, b"123456789", 9) == 0x20


def test_words_that_are_none_cost_no_slot(target: RemoteLibrary) -> None:
    for words in ([1, -5, 3], [1 << 32, 0, 0], [0] * 17):
        for _ in range(2 * target.ring.n_slots):
            with pytest.raises(TargetError, match="not the words of a request"):
                target.ring.call("sxi_crc16", words)
    assert works(target)


def test_answers_may_be_taken_in_any_order(target: RemoteLibrary) -> None:
    ring = target.ring
    _request, words = target.start("sxi_crc16", 0xFFFF, b"123456789", 9)
    tickets = [ring.post("sxi_crc16", words) for _ in range(ring.n_slots)]
    assert ring.wait(tickets[-1]) == 0x29B1
    with pytest.raises(TargetError, match="under way already"):
        ring.post("sxi_crc16", words)
    assert [ring.wait(ticket) for ticket in tickets[:-1]] == [0x29B1] * (ring.n_slots - 1)
    assert works(target)


def test_another_client_may_come_later() -> None:
    """Each begins where the one before left the slots."""
    first = library = emulated_library(fsw_emu.targets.flight_program())
    memory, process = first.emulator.memory, first.emulator.process
    for n in range(1, 6):
        assert all(works(library) for _ in range(n))
        time.sleep(5 * Dozer.IDLE_S)  # the first client lets it doze, once
        process.send_signal(signal.SIGCONT)
        library = RemoteLibrary(*load(None), headers(), Ring(memory, timeout_s=5))
    first.close()


def test_threads_take_turns(target: RemoteLibrary) -> None:
    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(lambda _: works(target), range(400)))


def test_a_target_outlives_the_thread_that_opened_it() -> None:
    with ThreadPoolExecutor(1) as pool:
        library = pool.submit(emulated_library, fsw_emu.targets.flight_program()).result()
    time.sleep(0.2)
    assert works(library)
    library.close()


def test_nothing_is_left_in_memory_folders(target: RemoteLibrary) -> None:
    """Not even by a process that is killed: the file has no name while it is used."""
    assert works(target)
    assert os.fstat(target.emulator.ram.fileno()).st_nlink == 0
