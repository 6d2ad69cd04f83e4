# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Where a real peer departs from the standard, and we bear with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Quirks:
    """RMAP as a target really speaks it; the defaults are the standard's."""

    status_is_key: bool = False  # a reply that went well has the key in its status byte
    read_data_crc: bool = True  # read replies have a checksum behind their data
    read_extra_bytes: int = 0  # bytes behind the end of a read reply
    max_read_bytes: int | None = None  # longer reads are refused: they go in pieces


def read_quirks(values: Mapping[str, object]) -> Quirks:
    """Quirks by name. ValueError, which begins with the name."""
    defaults = {field.name: field.default for field in fields(Quirks)}
    for name, value in values.items():
        if name not in defaults:
            raise ValueError(f"{name} is none of {', '.join(defaults)}")
        default = defaults[name]
        if isinstance(default, bool):
            if not isinstance(value, bool):
                raise ValueError(f"{name} is true or false, not {value!r}")
        elif not isinstance(value, int) or isinstance(value, bool):
            raise ValueError(f"{name} is a whole number, not {value!r}")
        elif value < (least := 1 if default is None else 0):
            raise ValueError(f"{name} is at least {least}, not {value}")
    return Quirks(**dict(values))  # type: ignore[arg-type]
