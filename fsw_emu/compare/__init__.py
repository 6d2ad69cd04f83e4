# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Two builds of the core on the same inputs: what differs, and on what smallest input."""
