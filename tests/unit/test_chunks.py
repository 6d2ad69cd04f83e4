# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The coders as codecs of numcodecs: by name, in Zarr arrays, by xarray; damaged chunks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numcodecs
import numpy as np
import pytest
import xarray
import zarr
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fsw_emu.codecs.chunks import Aec, Colmean

FRAMES = np.random.default_rng(1).normal(500, 5, (4, 30, 40)).astype("u2")
CODECS = [{"id": "fsw_emu.colmean"}, {"id": "fsw_emu.aec", "block_size": 16}]


@pytest.mark.parametrize("config", CODECS)
@pytest.mark.parametrize("order", ["C", "F"])
def test_zarr_arrays(tmp_path: Path, config: dict[str, Any], order: Any) -> None:
    """Found by the name in the array's metadata, as another process would."""
    array = zarr.create_array(
        tmp_path / "a.zarr", shape=FRAMES.shape, chunks=(3, 30, 40), dtype="u2", zarr_format=2,
        compressors=numcodecs.get_codec(config), order=order,
    )  # fmt: skip
    array[:] = FRAMES
    there = zarr.open_array(tmp_path / "a.zarr", mode="r")
    assert np.array_equal(there[:], FRAMES)
    assert array.nbytes_stored() < FRAMES.nbytes


def test_xarray(tmp_path: Path) -> None:
    data = xarray.Dataset({"frames": (("time", "row", "col"), FRAMES)})
    encoding = {"frames": {"compressors": Colmean()}}
    data.to_zarr(tmp_path / "a.zarr", encoding=encoding, zarr_format=2, consolidated=False)
    with xarray.open_zarr(tmp_path / "a.zarr", consolidated=False) as there:
        assert np.array_equal(there["frames"], FRAMES)


@pytest.mark.parametrize("codec", [Colmean(near_lossless=3, predictor="west"), Aec(block_size=8)])
def test_configurations_make_the_same_codec(codec: numcodecs.abc.Codec) -> None:
    again = numcodecs.get_codec(codec.get_config())
    assert again == codec
    assert again.encode(FRAMES) == codec.encode(FRAMES)


@given(data=st.data())
def test_what_comes_back(data: st.DataObject) -> None:
    shape = data.draw(st.sampled_from([(7,), (5, 6), (2, 3, 9), (2, 2, 3, 4)]))
    samples = data.draw(arrays(st.sampled_from(["u1", "<u2", ">u2", "<u4", ">u4"]), shape))
    coded = Aec().encode(samples)
    assert np.array_equal(Aec().decode(coded).reshape(shape), samples)
    if samples.dtype.itemsize == 2 and len(shape) > 1:
        coded = Colmean().encode(samples)
        out = np.empty(shape, "u2")
        Colmean().decode(coded, out)
        assert np.array_equal(out, samples)


def test_near_lossless_is_within_its_error() -> None:
    codec = Colmean(near_lossless=2)
    there = codec.decode(codec.encode(FRAMES))
    assert 0 < np.abs(there.astype(int) - FRAMES).max() <= 2


def test_others_are_refused() -> None:
    for codec in (Colmean(), Aec()):
        with pytest.raises(TypeError, match="float64"):
            codec.encode(FRAMES.astype(float))
    with pytest.raises(TypeError, match="uint8"):
        Colmean().encode(FRAMES.astype("u1"))
    with pytest.raises(ValueError, match="rows and columns"):
        Colmean().encode(FRAMES.reshape(-1))


def test_a_chunk_is_read_once() -> None:
    """Not again and again for each of its packets: of many small ones that took minutes."""
    small = Colmean().encode(FRAMES[:1, :1, :1])
    packet = small[: int.from_bytes(small[1:3])]
    with pytest.raises(ValueError, match="chunk"):
        Colmean().decode(packet * 200_000 + b"\1")


@pytest.mark.parametrize("codec", [Colmean(), Aec()])
def test_damage_is_an_error(codec: numcodecs.abc.Codec) -> None:
    """But where one of two models is hit, which costs nothing."""
    good = codec.encode(FRAMES)
    harmless = 0
    for bad in (
        b"",
        good[:-1],
        good[: len(good) // 2],
        *(good[:i] + bytes([good[i] ^ 16]) + good[i + 1 :] for i in range(0, len(good), 61)),
    ):
        try:
            there = codec.decode(bad)
        except ValueError:
            continue
        assert np.array_equal(there.reshape(FRAMES.shape), FRAMES)
        harmless += 1
    assert harmless < 5
