# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What lies under the onboard application: clock, converters, heat, door, memory, and what happens
to them. No I/O and no clock of its own; a cycle is 125 ms."""
