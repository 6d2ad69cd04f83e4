# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""A live console: telemetry decoded and shown, telecommands sent; in a browser or a terminal."""
