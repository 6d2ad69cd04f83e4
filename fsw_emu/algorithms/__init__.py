# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Algorithms that compete: the flight rule, those beyond it, and those of users."""
