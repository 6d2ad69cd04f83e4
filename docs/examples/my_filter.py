# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""An event filter for ``fsw-emu compare``: the charge that counts, without the background."""

import numpy as np

RING, OUTER = (
    [6, 7, 8, 11, 13, 16, 17, 18],
    [0, 1, 2, 3, 4, 5, 9, 10, 14, 15, 19, 20, 21, 22, 23, 24],
)


def keep(events, *, most_adu=550, most_outer_adu=25):
    """No more charge than a photon of the band has, and nothing that goes on outside the 3x3."""
    pixels = events["pixels"].astype(float)
    above = pixels - np.median(pixels[:, OUTER], axis=1)[:, None]
    charge = above[:, 12] + above[:, RING].sum(axis=1)
    return (charge < most_adu) & (above[:, OUTER].max(axis=1) < most_outer_adu)
