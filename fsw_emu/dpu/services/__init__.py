# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""PUS services of the application software, one file each; service 1 is verification.py beside."""
