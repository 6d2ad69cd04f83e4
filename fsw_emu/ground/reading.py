# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""How the ground reads what sources leave open (SPEC.md, section 1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from fsw_emu.core import DataLen

MaskFrame = Literal["shown", "before", "next"]
CcdFrame = Literal["running", "fee"]
FineTime = Literal["microseconds", "binary"]


@dataclass(frozen=True)
class Reading:
    """The choices, the default first.

    data_len: what the length field of event packets counts. mask_frame: which frame a
    wandering mask of ED_WP belongs to: as it shows itself, that of the packet before it, or
    that of the event after it. ccd_frame: CCDFRAME runs over the stream, or is the FEE's
    counter. fine_time: microseconds, or parts of 2^-24 s. uv_shape: rows and columns of a
    node, 24x24 binned.
    """

    data_len: DataLen = "payload"
    mask_frame: MaskFrame = "shown"
    ccd_frame: CcdFrame = "running"
    fine_time: FineTime = "microseconds"
    uv_shape: tuple[int, int] = (165, 96)


DEFAULT = Reading()
