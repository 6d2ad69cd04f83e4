# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""SPEC.md from nodes to the event filter, its tables and numbers, against what the core does.

Every number comes from the text: one that is wrong there, or in the core, fails here.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from spec_tables import at, braces, choices, integer, numbers, place, sentence, table

from fsw_emu.core import EVENT_DTYPE, HEADER_DTYPE, Core, CoreError
from fsw_emu.packets.fee import NODES

# 2. Nodes


@pytest.mark.verifies("NODE-2", "NODE-3", "BAD-3")
def test_nodes(core: Core) -> None:
    assert ",".join(NODES) == "".join(re.findall(r"([EF][24],?) ?", sentence("NODE-2")))[:11]
    *_, rows, columns = numbers("NODE-3")
    mask = bytes(numbers("BAD-1")[-1])
    assert not core.bad_pixel(mask, rows - 1, columns - 1)
    assert core.bad_pixel(mask, rows, 0)
    assert core.bad_pixel(mask, 0, columns)


# 3. FEE packets


def event_packet(core: Core, **fields: int) -> bytes:
    header = np.zeros(1, HEADER_DTYPE)
    header["type"], header["data_len"] = 1, 54
    for name, value in fields.items():
        header[name] = value
    event = np.zeros(1, EVENT_DTYPE)
    event["col"], event["row"], event["pixels"] = 0x0102, 0x0203, 0x1000 + np.arange(25)
    return core.fee_build_events(header, event)


def fee_fields() -> dict[str, tuple[int, int]]:
    return {name: place(where) for where, name in table("FEE-1")}


def fee_field(begins: str) -> tuple[int, int]:
    (where,) = (where for name, where in fee_fields().items() if name.startswith(begins))
    return where


@pytest.mark.verifies("FEE-1", "FEE-2", "FEE-4", "FEE-5")
def test_fee_header(core: Core) -> None:
    packet = event_packet(core, frame_counter=0xABCD, sequence=0x1234)
    for begins in ("logical address", "protocol identifier"):
        (name,) = (name for name in fee_fields() if name.startswith(begins))
        assert at(packet, fee_field(begins)) == integer(name.split()[-1])
    assert at(packet, fee_field("frame counter")) == 0xABCD
    assert at(packet, fee_field("sequence counter")) == 0x1234
    payload = fee_field("payload")[0]
    assert at(packet, fee_field("data length")) == len(packet) - payload
    assert sum(size for name, (_, size) in fee_fields().items() if name != "payload") == payload


@pytest.mark.verifies("FEE-3")
def test_fee_type_field(core: Core) -> None:
    (said,) = (name for name in fee_fields() if "FEE mode" in name)
    names = {"FEE mode": "mode", "last packet": "last", "side": "side", "CCD": "ccd"}
    found = re.findall(r"\[(\d+)(?::(\d+))?\] ([A-Za-z ]+\b)", said)
    assert {name.strip() for *_, name in found} == {*names, "type"}
    without = at(event_packet(core), fee_field("[11:8]"))
    for high, low, name in found:
        low = int(low or high)
        most = (1 << int(high) - low + 1) - 1
        if name.strip() == "type":
            kinds = choices(said.split("type:")[1])
            assert kinds == {"data": 0, "event": 1, "housekeeping": 2, "wandering mask": 3}
            for kind in (kinds["event"], kinds["wandering mask"]):
                assert at(event_packet(core, type=kind), fee_field("[11:8]")) >> low & most == kind
            continue
        most = max(choices(said).get("both", 0), 1) if name.strip() == "side" else most
        field = at(event_packet(core, **{names[name.strip()]: most}), fee_field("[11:8]"))
        assert field == without | most << low, name


@pytest.mark.verifies("FEE-6")
def test_event_payload(core: Core) -> None:
    size, column, row, _, n_pixels, pixels, centre = numbers("FEE-6")
    packet = event_packet(core)
    assert len(packet) == size
    assert (at(packet, (column, 2)), at(packet, (row, 2))) == (0x0102, 0x0203)
    read = np.frombuffer(packet, ">u2", n_pixels, pixels)
    assert read.tolist() == (0x1000 + np.arange(n_pixels)).tolist()
    assert pixels + 2 * n_pixels == size
    frame = np.zeros((5, 5), np.uint16)
    frame[2, 2] = 9
    (event,) = core.detect_events(frame, threshold=1).records
    assert np.flatnonzero(event["pixels"]).tolist() == [centre]


@pytest.mark.verifies("FEE-7")
@pytest.mark.parametrize("order", ["raster", "simulator"])
def test_window_order(core: Core, order: Any) -> None:
    terms = {"dr+2": (1, 0), "2-dr": (-1, 0), "dc+2": (0, 1), "2-dc": (0, -1)}
    (formula,) = re.findall(rf"{order} `5 \((....)\) \+ \((....)\)`", sentence("FEE-7"))
    slow, fast = (terms[term] for term in formula)
    frame = np.arange(25, dtype=np.uint16).reshape(5, 5)
    frame[2, 2] = 1000
    (event,) = core.detect_events(frame, threshold=500, window_order=order).records
    for dr in range(-2, 3):
        for dc in range(-2, 3):
            index = 5 * (slow[0] * dr + slow[1] * dc + 2) + fast[0] * dr + fast[1] * dc + 2
            assert event["pixels"][index] == frame[2 + dr, 2 + dc]


# 4. Event detection


@pytest.mark.verifies("EDU-2")
def test_background_and_threshold(core: Core) -> None:
    background = braces("EDU-2")
    assert len(background) == numbers("EDU-2")[-1]
    rng = np.random.default_rng(4)
    seen = set()
    for _ in range(100):
        frame = rng.integers(0, 50, (5, 5), dtype=np.uint16)
        frame[2, 2] = rng.integers(60, 90)
        threshold = int(frame[2, 2]) - int(np.median(frame.ravel()[background]))
        for more in (0, 1):
            n = len(core.detect_events(frame, threshold=threshold + more).records)
            seen.add((more, n))
    assert seen == {(0, 1), (1, 0)}  # equality passes


@pytest.mark.verifies("EDU-1")
def test_edge(core: Core) -> None:
    edge = numbers("EDU-1")[-1]
    for side in (2 * edge, 2 * edge + 1):
        frame = np.zeros((side, 2 * edge + 1), np.uint16)
        frame[edge, edge] = 9 if side > edge else 0
        assert len(core.detect_events(frame, threshold=1).records) == side - 2 * edge


@pytest.mark.verifies("EDU-8", "EDU-9")
def test_wandering_mask(core: Core) -> None:
    first_row, first_col, step = numbers("EDU-8")
    last_col, back, down, last_row, top, n_across, n_down = numbers("EDU-9")
    assert (back, top) == (first_col, first_row)
    at_row_col, n = (first_row, first_col), 0
    while n == 0 or at_row_col != (first_row, first_col):
        row, col = at_row_col[0], at_row_col[1] + step
        if col > last_col:
            row, col = row + down, first_col
        if row > last_row:
            row = first_row
        if col <= first_col + step or row in (first_row, last_row):  # the seams of the walk
            assert core.mask_step(*at_row_col) == (row, col)
        at_row_col, n = (row, col), n + 1
    assert n == n_across * n_down
    assert core.mask_step(last_row, last_col) == (top, back)
    for beyond in ((last_row + 1, back), (top, last_col + 1)):
        with pytest.raises(CoreError):
            core.mask_step(*beyond)


# 5. Bad pixels


@pytest.mark.verifies("BAD-1", "BAD-2")
def test_bad_pixel_mask(core: Core) -> None:
    rows, cols, size = numbers("BAD-1")
    row, column, bit, byte = numbers("BAD-2")
    bad = np.zeros((rows, cols), np.bool_)
    bad[row, column] = True
    mask = core.bad_pixel_mask(bad)
    assert len(mask) == size == rows * cols // 8
    assert np.flatnonzero(np.frombuffer(mask, "u1")).tolist() == [byte]
    assert mask[byte] == bit


# 6. Event filter

LIMITS = {"centre_max": 100, "ring_sum_max": 100, "ring_max": 20, "ring_count_max": 4}
PARAMETERS = {
    "EvtBadPixelCount": "n_bad",
    "EvtFilterCount1": "n_centre",
    "EvtFilterCount2": "n_ring_sum",
    "EvtFilterCount3": "n_ring_count",
}


@pytest.mark.verifies("FILT-4")
def test_ring(core: Core) -> None:
    for k in range(25):
        event = np.zeros(1, EVENT_DTYPE)
        event["pixels"][0, k] = 101
        result = core.filter_events(event, **LIMITS)
        assert (result.n_ring_sum == 1) == (k in braces("FILT-4"))
        assert (result.n_centre == 1) == (k == numbers("FEE-6")[-1])


def broken(rules: set[str]) -> NDArray[Any]:
    """An event that breaks these rules and no other."""
    event = np.zeros(1, EVENT_DTYPE)
    event["row"], event["col"] = (0, 1) if "bad" in rules else (5, 5)
    event["pixels"][0, 12] = 101 if "centre" in rules else 100
    if "ring_sum" in rules:
        event["pixels"][0, braces("FILT-4")[0]] = 101 if "ring_count" not in rules else 50
    if "ring_count" in rules:
        event["pixels"][0, braces("FILT-4")[1:6]] = 21 if "ring_sum" in rules else 20
    return event


@pytest.mark.verifies("FILT-1", "FILT-2", "FILT-6..9")
def test_first_rule_that_fails_counts(core: Core) -> None:
    names = {"pixel not": "bad", "centre <=": "centre", "sum of th": "ring_sum",
             "ring pixe": "ring_count"}  # fmt: skip
    rows = table("FILT-6")
    assert [int(order) for order, *_ in rows] == [1, 2, 3, 4]
    order = [names[rule[:9]] for _, rule, *_ in rows]
    bad = np.zeros((639, 384), np.bool_)
    bad[0, 1] = True
    limits = LIMITS | {"ring_max": 19, "ring_sum_max": 100}
    for chosen in range(1, 16):
        rules = {name for i, name in enumerate(order) if chosen >> i & 1}
        result = core.filter_events(broken(rules), **limits, bad_pixels=core.bad_pixel_mask(bad))
        first = next(i for i, name in enumerate(order) if name in rules)
        counts = {name: getattr(result, field) for name, field in PARAMETERS.items()}
        assert [name for name, n in counts.items() if n] == [rows[first][3]]
        assert not result.keep[0]
    assert core.filter_events(broken(set()), **limits).keep[0]
