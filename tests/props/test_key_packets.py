# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Science data as packets of rows and of events: what keys make of them, and back."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from downlink import entity, frames_of_windows, packets
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from fsw_emu.core import Core, CoreError
from fsw_emu.dpu.science.keys import SHAPES, compression_key
from fsw_emu.model import key as model
from fsw_emu.packets import ce

SHORT, FORMAT, CRC = -3, -4, -6
UV, CHOSEN, PLAIN_121 = (165, 96), 0x1000, 0x3000
EVENTS = 0x40
HEADER = 44 + 100 + 121

errors = st.sampled_from([0, 1, 2, 6, 15])
codecs = st.sampled_from(["colmean", "auto", "aec-packets"])


def sky(seed: int, n: int = 1, shape: tuple[int, int] = UV) -> NDArray[Any]:
    """Images with noise, a pattern of the columns and a few bright pixels."""
    rng = np.random.default_rng(seed)
    images = rng.normal(500, rng.choice([0.3, 3, 20]), (n, *shape)) + rng.normal(0, 2, shape[1])
    images[rng.random(images.shape) < 0.002] += rng.choice([300, 20_000])
    return np.clip(np.rint(images), 0, 65_535).astype("u2")


def uv_key(codec: str = "colmean", error: int = 0) -> int:
    return compression_key(codec, "image", shape=UV, near_lossless=error)  # type: ignore[arg-type]


def science(images: NDArray[Any]) -> bytes:
    return images.astype(">u2").tobytes()


def split(coded: bytes) -> list[bytes]:
    found, at = [], 0
    while at < len(coded):
        size = int.from_bytes(coded[at + 1 : at + 3], "big")
        found.append(coded[at : at + size])
        at += size
    return found


def status_of(core: Core, key: int, coded: bytes, size: int) -> int:
    with pytest.raises(CoreError) as refused:
        core.key_decode(key, coded, size)
    return refused.value.status


@pytest.mark.verifies("KEY-7", "KEY-8")
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(0, 3), codec=codecs, error=errors)
def test_images_come_back(core: Core, seed: int, n: int, codec: str, error: int) -> None:
    images = sky(seed, n)
    key, data = uv_key(codec, error), science(images)
    coded = core.key_encode(key, data)
    assert coded == core.key_encode(key, data)
    back = np.frombuffer(core.key_decode(key, coded, len(data)), ">u2").reshape(images.shape)
    assert np.abs(back.astype(int) - images).max(initial=0) <= error
    if n:
        stack, ok = core.rows_decode(split(coded))
        assert ok.all()
        np.testing.assert_array_equal(stack, back)


@pytest.mark.verifies("KEY-8", "KEY-9")
@given(seed=st.integers(0, 2**32 - 1), error=errors)
def test_each_image_is_a_group_of_its_own(core: Core, seed: int, error: int) -> None:
    """Rows ascend, image by image; their models come before them and in the middle."""
    images = sky(seed, 2)
    made = split(core.key_encode(uv_key(error=error), science(images)))
    place = [(int.from_bytes(p[4:6], "big") & 0xFFF, int.from_bytes(p[6:8], "big")) for p in made]
    models = [i for i, p in enumerate(made) if p[0] == 0xC4]
    rows = [at for i, at in enumerate(place) if i not in models]
    assert rows == sorted(rows)
    assert [made[i] for i in models[::2]] == [made[i] for i in models[1::2]]
    assert [place[i][0] for i in models] == [0, 0, 1, 1]
    for frame, (first, again) in enumerate([models[:2], models[2:]]):
        assert place[first + 1] == (frame, 0)
        assert place[again - 1][0] == frame
        after = again + 1
        assert after in (len(made), *models) or place[after] >= (frame, UV[0] // 2)


@pytest.mark.verifies("KEY-8", "KEY-9")
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 2), error=errors)
def test_packets_are_those_of_rows(core: Core, seed: int, n: int, error: int) -> None:
    images = sky(seed, n)
    made = core.rows_encode(images, near_lossless=error, group=1, packet_bytes=4096)
    assert core.key_encode(uv_key(error=error), science(images)) == b"".join(made)


@pytest.mark.verifies("KEY-7")
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 2), error=errors)
def test_each_packet_is_121_by_itself(core: Core, seed: int, n: int, error: int) -> None:
    images = sky(seed, n)
    coded = core.key_encode(uv_key("aec-packets", error), science(images))
    made = core.rows_encode(images, kind="aec", near_lossless=error, group=1, packet_bytes=4096)
    assert coded == b"".join(made)
    for packet in split(coded):
        stack, ok = core.rows_decode([packet])
        assert np.abs(stack.astype(int) - images)[ok].max() <= error


@pytest.mark.verifies("KEY-7")
def test_the_cheapest_way_is_taken(core: Core) -> None:
    """Where columns differ, the model pays; rows that repeat go by another way."""
    columns = sky(1) + np.arange(96, dtype="u2") * 37 % 200
    waves = (np.arange(165 * 96).reshape(1, *UV) * 8 % 60_000).astype("u2")
    sizes = [len(core.key_encode(uv_key(codec), science(columns))) for codec in ("colmean", "auto")]
    assert sizes[0] == sizes[1]
    sizes = [len(core.key_encode(uv_key(codec), science(waves))) for codec in ("colmean", "auto")]
    assert sizes[1] < 0.5 * sizes[0]


@pytest.mark.verifies("KEY-7")
def test_an_image_without_a_model(core: Core) -> None:
    """Where all samples are alike, CCSDS 121 needs next to nothing."""
    images = np.full((1, *UV), 777, "u2")
    made = split(core.key_encode(uv_key("auto"), science(images)))
    assert {packet[0] for packet in made} == {0xC3}
    coded = b"".join(made)
    assert core.key_decode(uv_key("auto"), coded, 2 * images.size) == science(images)


@pytest.mark.parametrize("codec", ["colmean", "auto", "aec-packets"])
@pytest.mark.parametrize("error", [0, 15])
def test_bound_of_what_cannot_be_coded(
    csxi: SimpleNamespace, core: Core, codec: str, error: int
) -> None:
    noise = np.random.default_rng(3).integers(0, 2**16, (2, *UV), dtype="u2")
    key, data = uv_key(codec, error), science(noise)
    coded = core.key_encode(key, data)
    assert len(coded) <= csxi.lib.sxi_key_bound(key, len(data)) <= 1.25 * len(data)
    back = np.frombuffer(core.key_decode(key, coded, len(data)), ">u2").reshape(noise.shape)
    assert np.abs(back.astype(int) - noise).max() <= error


@pytest.mark.parametrize("number", [0x40, 0x1040, 0x3040, 0x130, 0x3330, 0x441330, 0x430, 0x530])
def test_bounds(csxi: SimpleNamespace, number: int) -> None:
    parts, bound = model.valid_keys()[number], csxi.lib.sxi_key_bound
    unit = 2 * parts.rows * parts.cols or 64
    assert bound(number, 0) in (1024, 4096)
    assert unit < bound(number, unit) < 1.25 * unit + 5000
    assert [bound(number, size) for size in (2**31, 2**32 - 1)] == [0, 0]
    most = (2**31 - 1) // unit
    assert not 0 < bound(number, most * unit) < most * unit
    assert (bound(number, most * unit) == 0) == (number != 0x530)


@pytest.mark.verifies("KEY-10")
@given(
    n=st.integers(0, 150),
    way=st.sampled_from([0, CHOSEN, PLAIN_121]),
    seed=st.integers(0, 2**32 - 1),
)
def test_events_come_back(core: Core, n: int, way: int, seed: int) -> None:
    """Those of a frame, and any bytes."""
    rng = np.random.default_rng(seed)
    for data in (packets(core, frames_of_windows([n])), rng.bytes(64 * (n % 40)), bytes(64 * n)):
        coded = core.key_encode(EVENTS | way, data)
        assert core.key_decode(EVENTS | way, coded, len(data)) == data
        codec = {0: "events", CHOSEN: "auto", PLAIN_121: "aec"}[way] if data else "events"
        assert b"".join(core.events_encode(data, codec=codec)) == coded  # type: ignore[arg-type]


@pytest.mark.verifies("KEY-8", "KEY-10")
@given(key=st.sampled_from([uv_key(), EVENTS]), data=st.data())
def test_packets_that_do_not_belong(core: Core, key: int, data: st.DataObject) -> None:
    """Left out, in another order, or of other images or events."""
    events = packets(core, frames_of_windows([100]))
    of = science(sky(5, 2)) if key != EVENTS else events
    made = split(core.key_encode(key, of))
    is_row = [i for i, p in enumerate(made) if p[0] != 0xC4]
    at = data.draw(st.sampled_from(is_row))
    left_out = b"".join(made[:at] + made[at + 1 :])
    assert status_of(core, key, left_out, len(of)) == (SHORT if at == len(made) - 1 else FORMAT)
    assert status_of(core, key, b"".join([made[at], *made]), len(of)) in (FORMAT, -7)
    other = science(sky(5, 3)) if key != EVENTS else events + events[:64]
    foreign = b"".join([*made[:at], *split(core.key_encode(key, other))[at : at + 1]])
    assert status_of(core, key, foreign, len(of)) == FORMAT


@pytest.mark.verifies("KEY-9")
def test_models_of_other_images(core: Core) -> None:
    """Of the one before or after; at the end of an image its own may come again."""
    images, key = sky(11, 3), uv_key()
    images += np.random.default_rng(1).integers(0, 64, images.shape, dtype="u2")
    size, made = 2 * images.size, split(core.key_encode(uv_key(), science(images)))
    models = [i for i, packet in enumerate(made) if packet[0] == 0xC4]
    for i, other in ((0, 2), (2, 4), (3, 4), (4, 0), (5, 2), (5, 0)):
        packets = list(made)
        packets[models[i]] = made[models[other]]
        assert status_of(core, key, b"".join(packets), size) == FORMAT
    at = models[2]
    again = b"".join([*made[:at], made[models[0]], *made[at:]])
    assert core.key_decode(key, again, size) == science(images)


@pytest.mark.verifies("KEY-8")
def test_packets_of_other_images(core: Core) -> None:
    """Of other rows, of other columns, with larger errors, without their model."""
    images, key = sky(7), uv_key(error=1)
    size = 2 * images.size
    for rows, cols in ((164, 96), (165, 95), (164, 95)):
        other = b"".join(core.rows_encode(images[:, :rows, :cols].copy()))
        assert status_of(core, key, other, size) == FORMAT
    assert status_of(core, key, core.key_encode(uv_key(error=2), science(images)), size) == FORMAT
    lossless = core.key_encode(uv_key(), science(images))
    assert core.key_decode(key, lossless, size) == science(images)
    rows_only = b"".join(p for p in split(lossless) if p[0] != 0xC4)
    assert status_of(core, key, rows_only, size) == -7


@pytest.mark.verifies("KEY-11")
@given(
    key=st.sampled_from([uv_key(), uv_key("auto", 3), uv_key("aec-packets"), EVENTS]),
    data=st.data(),
)
def test_no_damage_goes_unnoticed(core: Core, key: int, data: st.DataObject) -> None:
    of = science(sky(9)) if key != EVENTS else packets(core, frames_of_windows([40]))
    made = entity(core, of, key=key, product=ce.UV)
    assert core.ce_header(made).key == key
    assert core.crc16(made) == 0
    whole = core.ce_unpack(made)
    assert whole.science == core.key_decode(key, made[HEADER:-2], len(of))
    bit = data.draw(st.integers(0, 8 * len(made) - 1))
    damaged = bytearray(made)
    damaged[bit // 8] ^= 0x80 >> bit % 8
    with pytest.raises(CoreError):
        core.ce_unpack(bytes(damaged))


@pytest.mark.verifies("KEY-5")
def test_data_that_grow_go_as_they_are(core: Core) -> None:
    noise = np.random.default_rng(0).integers(0, 2**16, (1, *UV), dtype="u2")
    for key, data in ((uv_key("auto"), science(noise)), (EVENTS, science(noise)[: 64 * 20])):
        made = entity(core, data, key=key, product=ce.UV)
        assert (core.ce_header(made).key, made[HEADER:]) == (0, data)


@pytest.mark.verifies("KEY-7")
@pytest.mark.parametrize("shape", SHAPES)
def test_keys_of_images(shape: tuple[int, int]) -> None:
    for error in range(16):
        for codec, way in (("colmean", 0), ("auto", 1), ("aec-packets", 3)):
            number = compression_key(codec, "image", shape=shape, near_lossless=error)  # type: ignore[arg-type]
            parts = model.valid_keys()[number]
            assert (parts.rows, parts.cols, parts.way) == (*shape, way)
            assert ce.near_lossless(number) == parts.near_lossless == error
            assert (ce.is_rows(number), ce.is_packets(number)) == (True, True)


def test_what_a_coder_is_not_made_for_goes_by_another() -> None:
    for codec in ("aec", "aec-packets", "auto", "colmean", "events"):
        assert compression_key(codec, "stack") == 0x14012  # type: ignore[arg-type]
        assert compression_key(codec, "image", shape=(7, 7)) == 0x14010  # type: ignore[arg-type]
    assert compression_key("colmean", "events") == compression_key("aec", "events") == 0x14110
    assert compression_key("events", "image", shape=UV) == 0x14010
    assert [ce.is_packets(key) for key in (0, 2, 0x14110, 0x40, 0x1040, 0x3040)] == [
        0,
        0,
        0,
        1,
        1,
        1,
    ]
