# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Housekeeping packets, one by one or in blocks."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from fsw_emu.core import HousekeepingCodec, default_core


def compress_housekeeping(
    packets: Iterable[bytes],
    *,
    codec: HousekeepingCodec = "hkdelta",
    full_every: int = 64,
) -> list[bytes]:
    """Code housekeeping packets of 2 to 1024 bytes, such as the FEE's 152 or whole PUS packets.

    codec: "hkdelta", differences from what is expected; "aec", blocks by CCSDS 121; "none", full
    packets; "auto", whatever is shortest. full_every: a full packet every so many, 1..65535; a
    lost one costs those up to the next full one at most. An "aec" block has so many, 256 at most.

    With "hkdelta" and "none" one coded packet comes of each, never more than 6 bytes longer.
    Packets of one kind belong into one list: a change of length begins with a full packet.

    Raises CoreError for packets of other lengths, ValueError for other options.
    """
    return default_core().hk_encode(packets, codec=codec, full_every=full_every)


def decompress_housekeeping(
    packets: Iterable[bytes],
) -> tuple[list[bytes], NDArray[np.bool_]]:
    """Recover the packets from coded ones in the order they were sent; some may be lost, damaged or
    repeated.

    Returns the packets, with b"" for each that did not come, and which did. Nothing is known of
    packets lost after the last one that came; those after more than 65,536 lost in a row are left
    out as damaged.

    Raises ValueError when no packet is whole.
    """
    return default_core().hk_decode(packets)
