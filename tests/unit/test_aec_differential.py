# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Each set of options of CCSDS 121 beside libaec, 100,000 samples of each (`make fuzz`: 10^7)."""

from __future__ import annotations

from typing import Any

import aec_differential
import pytest

from fsw_emu.core import Core

SAMPLES = 100_000


@pytest.mark.verifies("AEC-1", "AEC-2", "AEC-3")
@pytest.mark.parametrize("bits", range(1, 33))
def test_every_option_of_every_width(core: Core, bits: int) -> None:
    of_this = [o for o in aec_differential.every_option() if o.bits == bits]
    assert len(of_this) == (16 if bits <= 4 else 8)
    for options in of_this:
        assert aec_differential.difference(core, options, SAMPLES, seed=bits) == ""


class Changed:
    """A core whose thirtieth stream is wrong."""

    def __init__(self, core: Core, *, coder: bool) -> None:
        self.core, self.coder, self.calls = core, coder, 0

    def aec_encode(self, *args: Any, **options: Any) -> bytes:
        self.calls += 1
        made = self.core.aec_encode(*args, **options)
        return made[:-1] if self.coder and self.calls == 30 else made

    def aec_decode(self, *args: Any, **options: Any) -> Any:
        made = self.core.aec_decode(*args, **options)
        return made + 1 if not self.coder and self.calls == 30 else made


@pytest.mark.parametrize(("coder", "told"), [(True, "other bytes"), (False, "other samples")])
def test_a_difference_is_told(core: Core, coder: bool, told: str) -> None:
    options = aec_differential.Options(12, 16, preprocess=True, restricted=False)
    changed: Any = Changed(core, coder=coder)
    said = aec_differential.difference(changed, options, SAMPLES, seed=1)
    assert said.endswith(f"stream 29, seed 1: {told}")
