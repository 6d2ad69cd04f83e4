# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Algorithms of users, most of them at fault, each in its own way."""

PYTHON = '''
import os, sys, time
import numpy as np

def keep(events, *, most=700):
    return events["pixels"][:, 12] < most

def compiled_like(pixels, row, col):
    assert pixels.dtype == row.dtype == col.dtype == np.uint16
    return (pixels[:, 12] < 590) & (row < 639) & (col < 384)

def raises(events):
    raise KeyError(f"line one\\nand two of {object()}")

def leaves(events):
    sys.exit(3)

def counts_of(events):
    return np.ones(len(events), int)

def too_few(events):
    return np.ones(3, bool)

class Base:
    """Sends one event, which is as it should be."""

    def __init__(self, setup):
        from fsw_emu.algorithms.interface import FOUND_DTYPE, Outcome
        self.outcome, self.setup = Outcome, setup
        self.events = np.zeros(1, FOUND_DTYPE)
        self.counts = {"detected": 1, "sent": 1}

    def readout(self, frames):
        return self.outcome(self.events, self.counts, 64)

class Hangs(Base):
    def readout(self, frames):
        self.start = getattr(self, "start", 0) + 1
        if self.start == 2:
            time.sleep(100)
        return super().readout(frames)

class Dies(Base):
    def readout(self, frames):
        import ctypes
        ctypes.memset(frames.ctypes.data, 0, 1)  # memory that is not to be written to

class Ends(Base):
    def readout(self, frames):
        os._exit(4)

class Writes(Base):
    def readout(self, frames):
        frames[0, 0, 0] = 0

class Prints(Base):
    def readout(self, frames):
        print("x" * 100_000, flush=True)
        sys.stderr.write("y" * 100_000)
        return super().readout(frames)

class Outside(Base):
    def __init__(self, setup):
        super().__init__(setup)
        self.events["row"] = 639

class Nowhere(Base):
    def __init__(self, setup):
        super().__init__(setup)
        self.events["col_px"] = np.nan

class Untyped(Base):
    def __init__(self, setup):
        super().__init__(setup)
        self.events = np.zeros((1, 3))

class Listed(Base):
    def __init__(self, setup):
        super().__init__(setup)
        self.events = []

class Flood(Base):
    def __init__(self, setup):
        super().__init__(setup)
        self.events = np.zeros(300_000, self.events.dtype)

class Many(Base):
    def __init__(self, setup):
        super().__init__(setup)
        self.counts = {"detected": 9, "sent": 9}

class Astronomical(Base):
    def __init__(self, setup):
        super().__init__(setup)
        self.counts = {"detected": 1 + 10**5000, "sent": 1, "other": 10**5000}

class Heavy(Base):
    def readout(self, frames):
        return self.outcome(self.events, self.counts, 2**53 + 1)

class Surrogate(Base):
    def __init__(self, setup):
        super().__init__(setup)
        self.counts["\\ud800"] = 0

class Zero(Base):
    def __init__(self, setup):
        super().__init__(setup)
        self.counts["a\\0b"] = 0

class Unnamed(Base):
    def __init__(self, setup):
        super().__init__(setup)
        self.counts[""] = 0

class Mute(Base):
    def __init__(self, setup):
        super().__init__(setup)
        self.counts = {object: 0}
        self.outcome = Rude

class Rude:
    events = property(lambda self: 1 / 0)
    def __init__(self, *args):
        pass

def letters(events):
    raise ValueError("bad \\udcff file \\0 of \\x1b[31m")

def says_good(events):
    from fsw_emu.algorithms.guard import Refused, Status
    raise Refused(Status.GOOD, "never")

class Unaccounted(Base):
    def __init__(self, setup):
        super().__init__(setup)
        self.counts = {"detected": 9, "sent": 1}

class Nothing(Base):
    def readout(self, frames):
        return None

class Free(Base):
    def readout(self, frames):
        return self.outcome(self.events, self.counts, 0)

class Hoards(Base):
    def readout(self, frames):
        np.ones(6 << 30, np.uint8)

class Fussy(Base):
    def __init__(self, setup):
        raise RuntimeError("not today")

def maker(setup):
    return Base(setup)

def with_setup_options(setup):
    base = Base(setup)
    base.counts |= {"detected": 1 + setup.options["n"], "other": setup.options["n"]}
    return base

class NoReadout:
    pass

def of_two(a, b):
    pass

number = 4
'''

C = """
#include <stdint.h>
int32_t keep(const uint16_t *events, uint32_t n, uint8_t *keep)
{
    int32_t kept = 0;
    for (uint32_t i = 0; i < n; i++) {
        keep[i] = events[27 * i + 2 + 12] < 590;
        kept += keep[i];
    }
    return kept;
}
int32_t all(const uint16_t *events, uint32_t n, uint8_t *keep)
{
    (void)events;
    for (uint32_t i = 0; i < n; i++)
        keep[i] = 1;
    return (int32_t)n;
}
int32_t fails(const uint16_t *e, uint32_t n, uint8_t *k) { (void)e, (void)n, (void)k; return -4; }
int32_t lies(const uint16_t *e, uint32_t n, uint8_t *k) { return all(e, n, k) - 1; }
int32_t lazy(const uint16_t *e, uint32_t n, uint8_t *k) { (void)e, (void)n, (void)k; return 0; }
int32_t beyond(const uint16_t *e, uint32_t n, uint8_t *k) { k[n] = 0; return all(e, n, k); }
int32_t crashes(const uint16_t *e, uint32_t n, uint8_t *k)
{
    (void)e, (void)k;
    return *(volatile int32_t *)(uintptr_t)(n & 1);
}
"""
