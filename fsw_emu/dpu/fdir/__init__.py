# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Failure detection, isolation and recovery: what is watched, and what is done about it."""
