# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""When telemetry reaches the ground: passes, a mass memory, priorities, two science centres."""
