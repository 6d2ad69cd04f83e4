# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Housekeeping packets, each in a coded packet of its own. SPEC.md, section 8.9."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache

from fsw_emu.model.crc import crc16

FULL, CHECKED = 0xCB, 0xCC
CLASSES, LAW = 40, 64
FIRST_ERROR = 1638
FLAT = 25  # place of an error's highest one from which any value is as likely
TOTAL = 1 << 16


@cache
def scales() -> tuple[int, ...]:
    """4096 / standard deviation, for each class of errors."""

    def scale(c: int) -> int:
        error = (1 + (c % 4 + 0.5) / 4) * 2 ** (c // 4 + 5) / 4096
        return round(4096 / math.hypot(1.2 * error, 0.16))

    return tuple(scale(c) for c in range(CLASSES))


@cache
def law() -> tuple[int, ...]:
    """Of 32,736, the share between the middle and i / 8 standard deviations."""

    def beyond(z: float) -> float:
        return 0.995 * math.erfc(z / math.sqrt(2)) + 0.005 * math.erfc(z / 4 / math.sqrt(2))

    return tuple(round(32736 * (1 - beyond(i / 8))) for i in range(LAW + 1))


def signed(value: int, bits: int) -> int:
    """value modulo 2^bits, from -2^(bits - 1) on."""
    half = 1 << (bits - 1)
    return (value + half) % (2 * half) - half


class Encoder:
    """A range coder on whole numbers: the code lies in [low, low + range) of 2^bits."""

    def __init__(self) -> None:
        self.low, self.range, self.bits = 0, 1 << 28, 28

    def share(self, below: int, share: int) -> None:
        """Something that has this share of 65,536, above what is below."""
        unit = self.range >> 16
        self._narrow(unit * below, unit * share)

    def plain(self, value: int, bits: int) -> None:
        self._narrow((self.range >> bits) * value, self.range >> bits)

    def _narrow(self, by: int, to: int) -> None:
        self.low, self.range = self.low + by, to
        while self.range < 1 << 24:
            self.low, self.range, self.bits = self.low << 8, self.range << 8, self.bits + 8

    def finish(self) -> bytes:
        """The shortest code; the first nibble is 0."""
        for n in range(1, self.bits // 8 + 2):
            left = max(self.bits - (8 * n - 4), 0)
            code = -(-self.low >> left)
            if code << left < self.low + self.range:
                break
        return (code << max(8 * n - 4 - self.bits, 0)).to_bytes(n, "big")


class Decoder:
    """The other way; ValueError for what no coder writes."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._taken = 4
        self.range = 1 << 28
        self.code = int.from_bytes(data[:4].ljust(4, b"\0"), "big") % self.range

    def told(self) -> int:
        """Where within 65,536 the code lies."""
        return self.code // (self.range >> 16)

    def share(self, below: int, share: int) -> None:
        unit = self.range >> 16
        self._narrow(unit * below, unit * share)

    def plain(self, bits: int) -> int:
        value = min(self.code // (self.range >> bits), (1 << bits) - 1)
        self._narrow((self.range >> bits) * value, self.range >> bits)
        return value

    def _narrow(self, by: int, to: int) -> None:
        self.code, self.range = self.code - by, to
        while self.range < 1 << 24:
            following = self._data[self._taken] if self._taken < len(self._data) else 0
            self.code, self.range = self.code << 8 | following, self.range << 8
            self._taken += 1


@dataclass
class Expected:
    """What is expected of a word: cells of values and the shares below their edges."""

    prediction: int  # 1/256, modulo 2^24
    error: int

    def __post_init__(self) -> None:
        place = min(max(self.error.bit_length() - 1, 5), FLAT)
        quarter = self.error >> (place - 2) & 3 if self.error >= 32 else 0
        self.flat = place == FLAT
        self.shift = max(place - 14, 0)
        self.scale = 0 if self.flat else scales()[4 * (place - self.shift - 5) + quarter]
        self.floor = self.prediction >> 8

    def cell(self, value: int) -> int:
        return signed(value - self.floor, 16) >> self.shift

    def below(self, cell: int) -> int:
        edge = 256 * cell - (128 + self.prediction % 256 >> self.shift)
        at = abs(edge) * self.scale >> 12
        if at >= 32 * LAW:
            within = law()[LAW]
        else:
            i, part = divmod(at, 32)
            within = law()[i] + ((law()[i + 1] - law()[i]) * part >> 5)
        return TOTAL - law()[LAW] + (within if edge >= 0 else -within)

    def encode(self, value: int, code: Encoder) -> None:
        if self.flat:
            code.plain(value, 16)
            return
        cell = self.cell(value)
        share = self.below(cell + 1) - self.below(cell)
        if share:
            code.share(self.below(cell), share)
            code.plain((value - self.floor) % (1 << self.shift), self.shift)
            return
        code.share(0, TOTAL - 2 * law()[LAW])
        away = signed(value - self.floor, 16)
        folded = 2 * away if away >= 0 else -2 * away - 1
        bits = folded.bit_length() - 1
        code.plain(bits, 4)
        code.plain(folded - (1 << bits), bits)

    def decode(self, code: Decoder) -> int:
        if self.flat:
            return code.plain(16)
        told, escape = code.told(), TOTAL - 2 * law()[LAW]
        if told < escape:
            code.share(0, escape)
            bits = code.plain(4)
            folded = (1 << bits) + code.plain(bits)
            away = -(folded + 1) // 2 if folded % 2 else folded // 2
            return (self.floor + away) % TOTAL
        most = 0x8000 >> self.shift
        low, high = -most, most - 1  # the last cell that begins at or below what is told
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if self.below(middle) <= told else (low, middle - 1)
        share = self.below(low + 1) - self.below(low)
        if not self.below(low) <= told < self.below(low) + share:
            raise ValueError("no such cell")
        code.share(self.below(low), share)
        return (self.floor + (low << self.shift) + code.plain(self.shift)) % TOTAL


@dataclass
class Word:
    """What is known of a word."""

    last: int
    slow: int = 0
    fast: int = 0
    step: int = 0
    errors: list[int] = field(default_factory=lambda: [FIRST_ERROR] * 3)

    def __post_init__(self) -> None:
        self.slow = self.fast = 256 * self.last

    def _predictions(self) -> list[int]:
        return [self.slow, self.fast, (self.last + self.step) % TOTAL * 256]

    def _best(self) -> int:
        best = 1 if self.errors[1] < self.errors[0] else 0
        return 2 if 3 * self.errors[2] < 2 * self.errors[best] else best

    def expected(self) -> Expected:
        best = self._best()
        return Expected(self._predictions()[best], self.errors[best])

    def learn(self, value: int, n: int) -> None:
        """Take the value of the n-th packet of differences into account."""

        def toward(a: int, way: int, least: int, delay: int) -> int:
            part = abs(way) * max(TOTAL // (n + delay), TOTAL // least) >> 16
            return a + part if way > 0 else a - part

        wrong = [16 * abs(signed(256 * value - p, 24)) for p in self._predictions()]
        best = self._best()
        exception = n > 4 and wrong[best] // 8 > self.errors[best] + 512
        for k in range(3 if n > 1 else 2):
            if exception:
                self.errors[k] = min(4 * self.errors[k], wrong[k])
            else:
                self.errors[k] = toward(self.errors[k], wrong[k] - self.errors[k], 64, 2)
        if exception:
            self.slow = self.fast = 256 * value
        else:
            means = [(self.slow, 32), (self.fast, 4)]
            self.slow, self.fast = (
                toward(mean, signed(256 * value - mean, 24), least, 1) % (1 << 24)
                for mean, least in means
            )
            self.step = (value - self.last) % TOTAL
        self.last = value


@dataclass
class Interval:
    """A full packet and what has followed it."""

    number: int
    content: bytes
    checked: bool

    def __post_init__(self) -> None:
        self.n = 0
        self.words = [Word(value) for value in values(self.coded(self.content))]

    def coded(self, content: bytes) -> bytes:
        return content[:-2] if self.checked else content

    def full(self, content: bytes) -> bytes:
        """A full packet in the place of the last one, without its CRC."""
        kind = CHECKED if self.checked else FULL
        number = (self.number + self.n) % (1 << 24)
        return bytes([kind]) + number.to_bytes(3, "big") + self.coded(content)

    def learn(self, content: bytes) -> None:
        for word, value in zip(self.words, values(self.coded(content)), strict=True):
            word.learn(value, self.n)

    def encode(self, content: bytes) -> bytes:
        """The next packet, as differences."""
        self.n += 1
        code = Encoder()
        for word, value in zip(self.words, values(self.coded(content)), strict=True):
            word.expected().encode(value, code)
        made = code.finish()
        made = bytes([(self.number + self.n) % 8 << 4 | made[0]]) + made[1:]
        self.learn(content)
        return made + crc16(self.full(content) + made).to_bytes(2, "big")

    def decode(self, data: bytes) -> bytes:
        """The next packet; ValueError, and then it is still the next one."""
        if data[0] >> 4 != (self.number + self.n + 1) % 8:
            raise ValueError("not the next one")
        code = Decoder(data[:-2])
        found = [word.expected().decode(code) for word in self.words]
        content = b"".join(value.to_bytes(2, "big") for value in found)
        size = len(self.coded(self.content))
        if size % 2:
            if content[-2]:
                raise ValueError("a byte above 255")
            content = content[:-2] + content[-1:]
        content += crc16(content).to_bytes(2, "big") if self.checked else b""
        self.n += 1
        if crc16(self.full(content) + data[:-2]) != int.from_bytes(data[-2:], "big"):
            self.n -= 1
            raise ValueError("CRC")
        self.learn(content)
        return content


def values(content: bytes) -> list[int]:
    """The words; an odd byte at the end is one."""
    return [int.from_bytes(content[i : i + 2], "big") for i in range(0, len(content), 2)]


def encode(packets: Iterable[bytes], full_every: int = 64) -> list[bytes]:
    """Coded packets, one for one."""
    coded: list[bytes] = []
    interval: Interval | None = None
    for number, packet in enumerate(packets):
        checked = crc16(packet) == 0
        if (
            interval is not None
            and interval.n + 1 < full_every
            and (len(interval.content), interval.checked) == (len(packet), checked)
        ):
            made = interval.encode(packet)
            if len(made) < len(packet) + 4:
                coded.append(made)
                continue
        interval = Interval(number, packet, checked)
        full = interval.full(packet)
        coded.append(full + crc16(full).to_bytes(2, "big"))
    return coded


def decode(coded: Iterable[bytes]) -> dict[int, bytes]:
    """The packets that can be recovered, by number."""
    found: dict[int, bytes] = {}
    interval: Interval | None = None
    for data in coded:
        if len(data) >= 6 and data[0] in (FULL, CHECKED) and crc16(data) == 0:
            packet = data[4:-2]
            packet += crc16(packet).to_bytes(2, "big") if data[0] == CHECKED else b""
            interval = Interval(int.from_bytes(data[1:4], "big"), packet, data[0] == CHECKED)
            found[interval.number] = packet
        elif interval is not None and len(data) >= 3 and data[0] < 0x80:
            try:
                packet = interval.decode(data)
            except ValueError:
                continue
            found[(interval.number + interval.n) % (1 << 24)] = packet
    return found
