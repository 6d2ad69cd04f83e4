# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""From each sentence of SPEC.md to the tests that verify it, and back."""
