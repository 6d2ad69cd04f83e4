# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The interface of the SXI software as one table: sxi.toml, and assumed.toml for what it lacks."""
