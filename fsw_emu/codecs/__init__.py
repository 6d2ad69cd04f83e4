# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Coders for samples, as the flight core has them."""

from fsw_emu.codecs import aec, events, frames, housekeeping

__all__ = ["aec", "events", "frames", "housekeeping"]
