# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Image products: the science data of FT, UV and FF entities become node images.

FT and UV: members x nodes x rows x columns, one image a node, nodes in the order E2, F2,
E4, F4. FF: one CCD, columns of F and E alternating, E read from the far side.
Row 0 of a node is the row read first, column 0 the column read first of its side.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsw_emu.core import CompressionEntity
from fsw_emu.ground.entities import group_value
from fsw_emu.packets.ce import FF, FT, UV, is_stacked
from fsw_emu.packets.fee import NODE_BITS, NODES

#: rows and columns of a node image, of both sides for FF; those of UV are Reading.uv_shape
_SHAPES = {FT: (639, 384), FF: (4511, 4608)}
IMAGES = (FT, UV, FF)

FOCAL_PLANE = "FOCALPLANE"


@dataclass(frozen=True)
class ImageProduct:
    """Images of one entity: (rows, columns), or (images, rows, columns) for several.

    planes: node name (FF: F, E) -> image. focal_plane: put together as the sky is seen,
    where all nodes are there (FF: F and E side by side); else None. Samples are u2 [ADU], or
    u4 where frames were stacked.
    """

    planes: dict[str, NDArray[Any]]
    focal_plane: NDArray[Any] | None

    def picture(self) -> NDArray[Any]:
        """One image to look at, (rows, columns): of the focal plane, or of the last node."""
        image = list(self.planes.values())[-1] if self.focal_plane is None else self.focal_plane
        return image if image.ndim == 2 else image[-1]


@dataclass(frozen=True)
class LostRows:
    """Successive rows of an image that did not come; their pixels hold 65,535."""

    node: str  # as in ImageProduct.planes
    image: int  # of the node, from 0
    first: int
    last: int

    def __str__(self) -> str:
        return f"rows {self.first} to {self.last} of node {self.node} (image {self.image})"


def lost_rows(entity: CompressionEntity, lost: NDArray[np.bool_]) -> tuple[LostRows, ...]:
    """What is lost of the images of an entity, by node. lost: (planes, rows), as its science data
    have them. ValueError as of read_images."""
    if entity.header.product == FF:
        nodes: tuple[str, ...] = ("F", "E")
        lost = np.repeat(lost, 2, axis=0)
    else:
        nodes, _ = _nodes(entity, len(lost))
    return tuple(
        LostRows(nodes[plane % len(nodes)], plane // len(nodes), first, last)
        for plane in range(len(lost))
        for first, last in runs(lost[plane])
    )


def runs(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First and last index of each run of set flags."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return [(int(a), int(b) - 1) for a, b in edges.reshape(-1, 2)]


def read_images(
    entity: CompressionEntity, *, uv_shape: tuple[int, int] = (165, 96)
) -> ImageProduct:
    """Images of an FT, UV or FF entity; ValueError when their size is not as the metadata
    and the geometry say."""
    product = entity.header.product
    if product not in IMAGES:
        raise ValueError(f"product {product} has no images")
    rows, cols = _SHAPES.get(product, uv_shape)
    dtype = np.dtype(">u4" if is_stacked(entity.header.key) and product != FF else ">u2")
    plane_bytes = rows * cols * dtype.itemsize
    n, rest = divmod(len(entity.science), plane_bytes)
    if rest or not n:
        size = f"{len(entity.science)} bytes"
        raise ValueError(f"{size} are no whole number of planes of {rows} x {cols} x {dtype}")
    samples = np.frombuffer(entity.science, dtype).reshape(n, rows, cols)
    samples = samples.astype(dtype.newbyteorder("="))
    if product == FF:
        return _full_frame(_one_or_all(samples))
    nodes, images = _nodes(entity, n)
    cube = samples.reshape(images, len(nodes), rows, cols)
    planes = {node: _one_or_all(cube[:, i]) for i, node in enumerate(nodes)}
    return ImageProduct(planes, focal_plane(planes) if len(planes) == len(NODES) else None)


def focal_plane(planes: dict[str, NDArray[Any]]) -> NDArray[Any]:
    """The four node images as one: CCD4 in the lower rows, CCD2 in the upper ones.

    CCD4 is F4 beside E4 with its columns flipped; CCD2 is E2 with its rows flipped beside F2
    with rows and columns flipped (ground converter, after the thermal vacuum test of 2024).
    """
    ccd4 = np.concatenate([planes["F4"], planes["E4"][..., ::-1]], axis=-1)
    ccd2 = np.concatenate([planes["E2"][..., ::-1, :], planes["F2"][..., ::-1, ::-1]], axis=-1)
    return np.concatenate([ccd4, ccd2], axis=-2)


def _full_frame(samples: NDArray[Any]) -> ImageProduct:
    f, e = samples[..., 0::2], samples[..., 1::2]
    joined = np.concatenate([f, e[..., ::-1]], axis=-1)
    return ImageProduct({"F": f, "E": e}, joined)


def _nodes(entity: CompressionEntity, planes: int) -> tuple[tuple[str, ...], int]:
    """Nodes and images per node of so many planes.

    One image a member, or a single one where they were stacked. The nodes are those that
    FRMreadoutNodeSel selects; where that does not fit, the first ones of NODES (ASSUMED).
    """
    members = entity.header.members
    selection = group_value(entity, "FRMreadoutNodeSel")
    selected = tuple(node for node, bit in NODE_BITS.items() if selection & bit)
    counts = (members, 1) if is_stacked(entity.header.key) else (members,)
    for images in counts:
        if planes == images * len(selected):
            return selected, images
    for images in counts:
        n, rest = divmod(planes, images)
        if not rest and 1 <= n <= len(NODES):
            return NODES[:n], images
    raise ValueError(f"{planes} planes are not those of {members} frames of 1 to 4 nodes")


def _one_or_all(cube: NDArray[Any]) -> NDArray[Any]:
    return cube[0] if len(cube) == 1 else cube
