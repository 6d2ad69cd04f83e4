# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Packets of rows that are lost, damaged, or such as no coder writes."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rows_cases import Decoder, free_packets
from tight import octets, state

from fsw_emu.model import rows
from fsw_emu.model import rows_packet as layout

SHORT, FORMAT, LENGTH, CRC, SEQUENCE = -3, -4, -5, -6, -7
FIELDS = (
    "kind", "frames", "frame", "rows", "cols", "first", "n_samples", "predictor", "near_lossless",
    "table", "base", "model_id",
)  # fmt: skip


def status_of(error: Exception) -> int:
    """What the core says where the model raises this."""
    kinds = {
        EOFError: SHORT,
        layout.BadLength: LENGTH,
        layout.BadChecksum: CRC,
        rows.NoModel: SEQUENCE,
    }
    return kinds.get(type(error), FORMAT)


def parsed(data: bytes) -> tuple[int, dict[str, int] | None]:
    try:
        p, _ = layout.parse(data)
    except (ValueError, EOFError) as error:
        return status_of(error), None
    return 0, {name: getattr(p, name) for name in FIELDS}


def parsed_by_core(csxi: SimpleNamespace, data: bytes) -> tuple[int, dict[str, int] | None]:
    packet = csxi.ffi.new("struct sxi_rows_packet *", {"kind": 77, "base": 78})
    before = state(csxi, packet)
    status = csxi.lib.sxi_rows_parse(packet, octets(csxi, data), len(data))
    if status < 0:
        assert state(csxi, packet) == before
        return status, None
    return status, {name: getattr(packet, name) for name in FIELDS}


def expected(data: bytes, groups: dict[int, rows.Group]) -> tuple[int, list[int]]:
    """What the model makes of a packet of rows."""
    try:
        p, body = layout.parse(data)
        samples = rows.samples_of(p, body, groups.get(p.model_id))
    except (ValueError, EOFError) as error:
        return status_of(error), []
    return p.n_samples, samples.tolist()


def loaded(data: bytes) -> int:
    try:
        rows.load_model(*layout.parse(data))
    except (ValueError, EOFError) as error:
        return status_of(error)
    return 0


@pytest.mark.verifies("ROWS-1", "ROWS-11", "ROWS-15", "ROWS-16")
@given(case=free_packets(), data=st.data())
def test_changed_packets_with_a_good_checksum(csxi: SimpleNamespace, case: Any, data: Any) -> None:
    """Any bytes changed and the CRC made good: header, status and samples are the model's."""
    packets, stack, _ = case
    model, body = layout.parse(packets[0])
    groups = {model.model_id: rows.load_model(model, body)}
    decoder = Decoder(csxi, stack.shape[2])
    assert decoder.load(packets[0]) == 0
    for packet in packets:
        changed = bytearray(packet[:-2])
        for _ in range(data.draw(st.integers(0, 2))):
            at = data.draw(st.integers(3, 25) | st.integers(3, len(changed) - 1))
            changed[at % len(changed)] = data.draw(st.integers(0, 255))
        sent = bytes(changed) + layout.crc16(changed).to_bytes(2, "big")
        status, fields = parsed(sent)
        assert parsed_by_core(csxi, sent) == (status, fields)
        if fields is None or fields["n_samples"] > 4000:
            continue
        if fields["kind"] != layout.MODEL:
            assert decoder.decode(sent, fields["n_samples"]) == expected(sent, groups)
        elif fields["cols"] <= stack.shape[2]:
            another = Decoder(csxi, stack.shape[2])
            assert another.load(sent) == loaded(sent)


@given(data=st.binary(max_size=60) | st.binary(max_size=40).map(lambda rest: b"\xc1\0" + rest))
def test_any_bytes(csxi: SimpleNamespace, data: bytes) -> None:
    assert parsed_by_core(csxi, data) == parsed(data)
