# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The ground's side of the instrument: telecommands by name, and what is expected of telemetry."""
