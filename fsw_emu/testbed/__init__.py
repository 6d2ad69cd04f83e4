# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The data processing unit, a FEE and the world under them, in virtual time."""
