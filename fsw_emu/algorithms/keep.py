# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Event filters of users behind the detection of flight, with the filter of flight off."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsw_emu.algorithms.flight import detect, joined, options_of, sent
from fsw_emu.algorithms.guard import Refused, Status
from fsw_emu.algorithms.interface import Algorithm, Factory, Outcome, Setup

#: which of the events (FOUND_DTYPE) are kept
Keep = Callable[[NDArray[Any]], Any]

_C_FILTER = "int32_t {}(const uint16_t *events, uint32_t n, uint8_t *keep);"
_CANARY, _UNWRITTEN = 0xA5, 0x5A
_CANARY_BYTES = 64
WORDS = 27  # of an event, for a C filter: row, column, 25 pixels


class Kept:
    """Flight's detection, limit included, then ``keep``; what it rejects is "filtered"."""

    def __init__(self, setup: Setup, keep: Keep) -> None:
        self._setup, self._keep = setup, keep

    def readout(self, frames: NDArray[np.uint16]) -> Outcome:
        nodes, n_dropped = detect(self._setup, frames, limit=self._setup.ccd_limit)
        events = joined(nodes)
        keep = _mask(self._keep(events.copy()), len(events))
        counts = {"filtered": int(np.sum(~keep)), "dropped": n_dropped}
        return sent(self._setup.core, events[keep], counts)


def _mask(answer: Any, n_events: int) -> NDArray[np.bool_]:
    if isinstance(answer, np.ndarray) and answer.dtype == bool and answer.shape == (n_events,):
        return answer
    what = type(answer).__name__
    if isinstance(answer, np.ndarray):
        what = f"{answer.dtype} of shape {answer.shape}"
    raise Refused(Status.WRONG, f"the filter gave {what}, not bool of shape ({n_events},)")


def factory_of(thing: Any, name: str) -> Factory:
    """What a name of the user's stands for; ValueError for what cannot take part.

    A class, or a function whose first parameter is called ``setup``, is a factory. Another
    function is a filter: with one parameter, of events (FOUND_DTYPE); with three, of pixels
    (n, 25), row and col (n each), all uint16, as compiled functions like them; keyword-only
    parameters are options.
    """
    if isinstance(thing, type):
        if not callable(getattr(thing, "readout", None)):
            raise ValueError(f"{name}: the class has no method readout")
        kind: Factory = thing  # type: ignore[assignment]
        return kind
    if not callable(thing):
        raise ValueError(f"{name} is {type(thing).__name__}: neither a class nor a function")
    parameters = inspect.signature(thing).parameters.values()
    asked = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    if asked and asked[0].name == "setup":
        made: Factory = thing
        return made
    required = [p for p in asked if p.default is p.empty]
    if len(required) not in (1, 3):
        takes = f"it takes {len(required)}"
        raise ValueError(f"{name}: (setup), (events) or (pixels, row, col) are asked for, {takes}")
    own = {p.name: p.default for p in parameters if p.kind == p.KEYWORD_ONLY}
    if missing := [name for name, default in own.items() if default is inspect.Parameter.empty]:
        raise ValueError(f"{name}: option {missing[0]} has no default")

    def filtered(setup: Setup) -> Algorithm:
        options = options_of(setup, name, **own)
        if len(required) == 1:
            return Kept(setup, lambda events: thing(events, **options))
        return Kept(
            setup, lambda e: thing(e["pixels"].copy(), e["row"].copy(), e["col"].copy(), **options)
        )

    return filtered


def c_filter(path: Path, symbol: str, name: str) -> Factory:
    """The filter of a shared library: ``int32_t keep(const uint16_t *events, uint32_t n, uint8_t
    *keep)``: n x (row, column, 25 pixels) in, 0 or 1 for each out, how many are kept returned,
    or a negative status. OSError, AttributeError where it is not there."""
    import cffi

    ffi = cffi.FFI()
    ffi.cdef(_C_FILTER.format(symbol))
    function = getattr(ffi.dlopen(str(path.resolve())), symbol)

    def keep(events: NDArray[Any]) -> NDArray[np.bool_]:
        n = len(events)
        words = np.empty((n, WORDS), np.uint16)
        words[:, 0], words[:, 1], words[:, 2:] = events["row"], events["col"], events["pixels"]
        out = np.full(n + _CANARY_BYTES, _CANARY, np.uint8)
        out[:n] = _UNWRITTEN
        at = ffi.cast("uint16_t *", words.ctypes.data), ffi.cast("uint8_t *", out.ctypes.data)
        n_kept = function(at[0], n, at[1])
        if n_kept < 0:
            raise Refused(Status.RAISED, f"{symbol}: status {n_kept}")
        if (out[n:] != _CANARY).any():
            raise Refused(Status.WRONG, f"{symbol} wrote beyond the {n} bytes of keep")
        if n and out[:n].max() > 1:
            raise Refused(Status.WRONG, f"{symbol} left or made a byte of keep other than 0 and 1")
        if n_kept != out[:n].sum():
            raise Refused(Status.LIED, f"{symbol}: {n_kept} kept, but {out[:n].sum()} marked")
        marked: NDArray[np.bool_] = out[:n] == 1
        return marked

    def filtered(setup: Setup) -> Algorithm:
        options_of(setup, name)
        return Kept(setup, keep)

    return filtered
