"""Where a core can run. ``open("host")`` is this process; ``lib:PATH`` any shared
library built from the same headers."""

from __future__ import annotations

from pathlib import Path

from fsw_emu.core import Core


def open(name: str) -> Core:  # noqa: A001  (targets.open reads as it is meant)
    """The core called ``host`` or ``lib:/path/to/libsxi.so``; ValueError for another name."""
    if name == "host":
        from fsw_emu.targets.host import host_core

        return host_core()
    if name.startswith("lib:"):
        from fsw_emu.targets.library import LibraryCore

        return LibraryCore(Path(name[4:]))
    raise ValueError(f"no such target: {name!r} (host, lib:PATH)")
