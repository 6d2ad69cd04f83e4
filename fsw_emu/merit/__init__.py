# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Figures of merit: what algorithms make of known skies, each with its confidence interval."""
