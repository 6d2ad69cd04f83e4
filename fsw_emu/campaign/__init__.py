# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Many runs, each once: grids of scenes, algorithms and seeds, and where their results lie."""
