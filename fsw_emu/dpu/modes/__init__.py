# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Modes of the application: state machines whose transitions are data (interface/modes.toml)."""
