# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Telemetry and telecommands of a session or a campaign, in one SQLite file."""

from fsw_emu.archive.archive import Archive, Summary
from fsw_emu.archive.row import Direction, Row
from fsw_emu.archive.store import ArchiveError

__all__ = ["Archive", "ArchiveError", "Direction", "Row", "Summary"]
