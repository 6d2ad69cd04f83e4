# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Error detection and correction: one bit of a word is corrected, two are only seen."""

from __future__ import annotations

from bisect import bisect_left, insort
from dataclasses import dataclass

from fsw_emu.world.numbers import assumed

WORD_BYTES = 4
_MOST_MET = 1000  # that wait to be taken
COUNTER_MAX = 0xFFFF  # counters are 16 bit and stay there (ASSUMED)


@dataclass(frozen=True)
class Met:
    """A word whose error a read or the scrubber met. double: it could not be corrected."""

    address: int
    double: bool


@dataclass(frozen=True)
class Scrubbing:
    """Bytes start..end - 1, length of them each cycle; all are multiples of 4. A length of 0
    stands still. ValueError for another range."""

    start: int
    end: int
    length: int

    def __post_init__(self) -> None:
        numbers = (self.start, self.end, self.length)
        if any(n % WORD_BYTES or n < 0 for n in numbers) or self.start >= self.end:
            raise ValueError(f"no range to scrub: {self}")

    @classmethod
    def nominal(cls) -> Scrubbing:
        """ASSUMED."""
        return cls(**assumed("scrubbing"))


class Edac:
    """Turned bits by word, and what was met of them.

    More than two bits of a word are seen as two (ASSUMED). A corrected word is written back.
    """

    def __init__(self) -> None:
        self.single_faults = self.double_faults = 0
        self.last_single_address = self.last_double_address = 0
        self.scrubbing = Scrubbing.nominal()
        self.position = self.scrubbing.start
        self._turned: dict[int, int] = {}  # word -> bits that are not what was written
        self._words: list[int] = []  # the same words, in order
        self._met: list[Met] = []

    @property
    def turned(self) -> dict[int, int]:
        """Word -> bits that are turned now."""
        return dict(self._turned)

    def flip(self, address: int, bit: int) -> None:
        """Turn one bit, 0 the least, of the word at an address. ValueError for another bit."""
        if not 0 <= bit < 8 * WORD_BYTES:
            raise ValueError(f"a bit of a word is 0..31, not {bit}")
        word = address - address % WORD_BYTES
        turned = self._turned.get(word, 0) ^ 1 << bit
        if not turned:
            self._mend(word)
            return
        if word not in self._turned:
            insort(self._words, word)
        self._turned[word] = turned

    def read(self, start: int, size: int) -> list[tuple[int, int]]:
        """Meet what is in the words of a range; (word, bits) of what could not be corrected."""
        if not self._words or not size:
            return []
        words = self._within(start - start % WORD_BYTES, start + size)
        return [(word, self._turned[word]) for word in words if self._meet(word)]

    def write(self, start: int, size: int) -> None:
        """New data: whole words are good again, the ends of a range are first read; what is turned
        in the bytes that stay, stays (ASSUMED)."""
        if not self._words or not size:
            return
        end = start + size
        for word in self._within(start - start % WORD_BYTES, end):
            if start <= word and word + WORD_BYTES <= end:
                self._mend(word)
            elif self._meet(word):
                stays = [not start <= word + i < end for i in range(WORD_BYTES)]
                self._turned[word] &= int.from_bytes(bytes(0xFF * stay for stay in stays), "big")
                if not self._turned[word]:
                    self._mend(word)

    def scrub(self, n_cycles: int) -> None:
        """Read on for that many cycles; the result is that of as many calls with one."""
        around = self.scrubbing.end - self.scrubbing.start
        rounds, rest = divmod(n_cycles * self.scrubbing.length, around)
        for _ in range(min(rounds, COUNTER_MAX + 1)):  # later ones change no number
            if not self._within(self.scrubbing.start, self.scrubbing.end):
                break
            self._walk(around)
        self._walk(rest)

    def due_cycles(self) -> int | None:
        """Cycles until the scrubber meets a turned word, 1 or more; None: it will not."""
        start, end = self.scrubbing.start, self.scrubbing.end
        for low, high in ((self.position, end), (start, self.position)):
            at = bisect_left(self._words, low)
            if self.scrubbing.length and at < len(self._words) and self._words[at] < high:
                ahead = (self._words[at] - self.position) % (end - start)
                return ahead // self.scrubbing.length + 1
        return None

    def set_scrubbing(self, scrubbing: Scrubbing) -> None:
        """Another range, from its start."""
        self.scrubbing, self.position = scrubbing, scrubbing.start

    def take_met(self) -> tuple[Met, ...]:
        """What was met since this was last asked, the first thousand of it."""
        met, self._met = tuple(self._met), []
        return met

    def _walk(self, n_bytes: int) -> None:
        """Read at most once around."""
        start, end = self.scrubbing.start, self.scrubbing.end
        before = min(n_bytes, end - self.position)
        self.read(self.position, before)
        self.read(start, n_bytes - before)
        self.position = start + (self.position - start + n_bytes) % (end - start)

    def _within(self, start: int, end: int) -> list[int]:
        return self._words[bisect_left(self._words, start) : bisect_left(self._words, end)]

    def _meet(self, word: int) -> bool:
        """Count it; whether it is double, and so stays."""
        double = self._turned[word].bit_count() > 1
        if len(self._met) < _MOST_MET:
            self._met.append(Met(word, double))
        if double:
            self.double_faults = min(self.double_faults + 1, COUNTER_MAX)
            self.last_double_address = word
            return True
        self.single_faults = min(self.single_faults + 1, COUNTER_MAX)
        self.last_single_address = word
        self._mend(word)
        return False

    def _mend(self, word: int) -> None:
        if self._turned.pop(word, None) is not None:
            del self._words[bisect_left(self._words, word)]
