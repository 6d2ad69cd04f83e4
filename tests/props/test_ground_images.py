# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Image products: every pixel is where the order of the readout puts it."""

from __future__ import annotations

import random

import numpy as np
import pytest
from downlink import entity, image

from fsw_emu.core import Core
from fsw_emu.ground.images import read_images
from fsw_emu.packets.ce import ED, FF, FT, UV
from fsw_emu.packets.fee import NODES


@pytest.mark.verifies("CE-33", "NODE-4")
@pytest.mark.parametrize("members", [1, 2])
@pytest.mark.parametrize("nodes", [15, 8 | 4, 2, 1 | 4])
def test_node_images_are_where_the_order_says(core: Core, nodes: int, members: int) -> None:
    selected = [n for n, bit in zip(NODES, (2, 1, 8, 4), strict=True) if nodes & bit]
    cube = image((members, len(selected), 165, 96))
    data = entity(core, cube.tobytes(), product=UV, counts=[0] * members, nodes=nodes)
    images = read_images(core.ce_unpack(data))
    assert list(images.planes) == selected
    for i, node in enumerate(selected):
        assert np.array_equal(images.planes[node], cube[0, i] if members == 1 else cube[:, i])
        assert images.planes[node].dtype == np.uint16
    assert (images.focal_plane is not None) == (nodes == 15)


@pytest.mark.verifies("CE-34")
def test_stacked_frames_have_32_bit(core: Core) -> None:
    cube = image((4, 639, 384), dtype=">u4") * 65537
    data = entity(core, cube.astype(">u4").tobytes(), product=FT, counts=[0] * 3, key=2)
    images = read_images(core.ce_unpack(data))
    assert [p.dtype for p in images.planes.values()] == [np.dtype("u4")] * 4
    assert np.array_equal(images.planes["F4"], cube[3])


@pytest.mark.verifies("GND-6")
def test_focal_plane_pixel_by_pixel(core: Core) -> None:
    rows, cols = 165, 96
    cube = image((4, rows, cols))
    images = read_images(core.ce_unpack(entity(core, cube.tobytes(), product=UV)))
    plane = images.focal_plane
    assert plane is not None
    assert plane.shape == (2 * rows, 2 * cols)
    rng = random.Random(1)
    for _ in range(2000):
        r, c = rng.randrange(rows), rng.randrange(cols)
        assert plane[r, c] == images.planes["F4"][r, c]
        assert plane[r, cols + c] == images.planes["E4"][r, cols - 1 - c]
        assert plane[rows + r, c] == images.planes["E2"][rows - 1 - r, c]
        assert plane[rows + r, cols + c] == images.planes["F2"][rows - 1 - r, cols - 1 - c]


@pytest.mark.verifies("CE-35", "NODE-5")
def test_full_frame_columns_alternate(core: Core) -> None:
    frame = image((4511, 4608))
    images = read_images(core.ce_unpack(entity(core, frame.tobytes(), product=FF)))
    plane = images.focal_plane
    assert plane is not None
    for col in (0, 1, 1000, 2303):
        assert np.array_equal(images.planes["F"][:, col], frame[:, 2 * col])
        assert np.array_equal(images.planes["E"][:, col], frame[:, 2 * col + 1])
        assert np.array_equal(plane[:, col], frame[:, 2 * col])
        assert np.array_equal(plane[:, 4607 - col], frame[:, 2 * col + 1])


def test_images_of_another_size_are_told(core: Core) -> None:
    for product, size, nodes in ((FT, 6, 15), (UV, 5 * 165 * 96 * 2, 15), (ED, 0, 15)):
        unpacked = core.ce_unpack(entity(core, bytes(size), product=product, nodes=nodes))
        with pytest.raises(ValueError, match=r"planes|no images"):
            read_images(unpacked)
