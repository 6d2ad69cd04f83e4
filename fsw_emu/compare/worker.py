# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""One side of a comparison, in a process of its own: a core that hangs or dies takes only this
along. Requests and answers are lines of JSON on standard input and output.

Usage: python -m fsw_emu.compare.worker TARGET
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import fsw_emu.targets
from fsw_emu.compare.call import Call, Caller
from fsw_emu.compare.chain import run_chain
from fsw_emu.core import CoreError, TargetError
from fsw_emu.targets.library import LibraryCore
from fsw_emu.targets.ring import TargetSilent, TargetTrap


def serve(name: str) -> int:
    """Answer until the input ends; exit code 1 where the target answers no more."""
    ffi, lib = fsw_emu.targets.functions(name)
    ring = getattr(lib, "ring", None)
    caller = Caller(ffi, lib)
    core = LibraryCore(name, ffi, lib)
    _say({"ready": name})
    for line in sys.stdin:
        request = json.loads(line)
        if ring is not None:
            ring.timeout_s = request["seconds"]
        try:
            for call in request.get("calls", ()):
                _say(caller.ask(Call(**call)))
            if "chain" in request:
                _say({"counters": run_chain(core, Path(request["chain"]), Path(request["out"]))})
        except CoreError as error:
            _say({"fate": f"the chain stops: {error}"})
        except TargetTrap as error:
            _say({"fate": f"trap {error.name}", "where": error.where})
        except TargetSilent:
            _say({"fate": "hangs", "lost": True})
            return 1
        except TargetError as error:
            _say({"fate": str(error), "lost": True})
            return 1
    return 0


def _say(answer: Any) -> None:
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    try:
        sys.exit(serve(sys.argv[1]))
    except (OSError, ValueError, TargetError) as error:
        _say({"error": str(error)})
        sys.exit(2)
