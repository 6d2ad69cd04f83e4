# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Plugin of pytest (-p mutant_overlay): module MUTANT_MODULE is that of the file MUTANT_FILE."""

from __future__ import annotations

import os
import sys
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location


class Overlay:
    """Asked before the finders that know the real one."""

    @staticmethod
    def find_spec(name: str, *_: object) -> ModuleSpec | None:
        if name != os.environ["MUTANT_MODULE"]:
            return None
        return spec_from_file_location(name, os.environ["MUTANT_FILE"])


sys.meta_path.insert(0, Overlay)  # type: ignore[arg-type]
