# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Lossless data compression of CCSDS 121.0-B-3, written to be read like the standard.

Blocks of J samples are coded each with the option that takes the fewest bits. Options, with
their identifiers: zero-block and second extension share identifier 0 and one bit more,
fundamental sequence and sample splitting k have k + 1, no compression has all ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

SEGMENT = 64  # blocks: a run of zero blocks ends with a segment of the interval
ROS = "remainder of segment"
ROS_CODE = 4  # zeros of its codeword; runs of 5 blocks and more take one zero more


@dataclass(frozen=True)
class Parameters:
    """bits of a sample (n), block size (J), blocks in a reference sample interval (r)."""

    bits: int
    block_size: int
    rsi: int
    preprocess: bool
    restricted: bool = False

    @property
    def id_bits(self) -> int:
        """Width of the option identifier."""
        if self.restricted:
            return 1 if self.bits <= 2 else 2
        return 3 if self.bits <= 8 else 4 if self.bits <= 16 else 5

    @property
    def k_values(self) -> range:
        """Split options there are; 0 is the fundamental sequence."""
        return range(2**self.id_bits - 2)

    @property
    def largest(self) -> int:
        return (1 << self.bits) - 1


@dataclass(frozen=True)
class Block:
    """Mapped residuals of a block; ``reference`` stands in place of the first one, which is 0."""

    mapped: list[int]
    reference: int | None


def map_residual(previous: int, sample: int, largest: int) -> int:
    """Prediction error mapper: a non-negative integer for an error. Small errors alternate in
    sign, those beyond the nearer end of the range can only have one."""
    error = sample - previous
    theta = min(previous, largest - previous)
    if 0 <= error <= theta:
        return 2 * error
    if -theta <= error < 0:
        return -2 * error - 1
    return theta + abs(error)


def unmap_residual(previous: int, mapped: int, largest: int) -> int:
    """The sample that map_residual made ``mapped`` of."""
    theta = min(previous, largest - previous)
    if mapped > 2 * theta:
        return mapped if theta == previous else largest - mapped
    return previous + (mapped // 2 if mapped % 2 == 0 else -(mapped + 1) // 2)


def blocks_of(samples: list[int], p: Parameters) -> list[Block]:
    """Preprocessed blocks; the last one is padded with its last sample."""
    padded = samples + [samples[-1]] * (-len(samples) % p.block_size)
    blocks = []
    for start in range(0, len(padded), p.block_size):
        block = padded[start : start + p.block_size]
        if not p.preprocess:
            blocks.append(Block(block, None))
            continue
        first = (start // p.block_size) % p.rsi == 0
        before = [block[0] if first else padded[start - 1], *block[:-1]]
        mapped = [map_residual(a, b, p.largest) for a, b in zip(before, block, strict=True)]
        blocks.append(Block(mapped, block[0] if first else None))
    return blocks


def split_bits(block: Block, k: int) -> int:
    """Bits of a split option without its identifier."""
    coded = len(block.mapped) - (block.reference is not None)
    return sum(d >> k for d in block.mapped) + coded * (k + 1)


def pair_codes(block: Block) -> list[int]:
    """Second extension: one number for each pair of samples."""
    pairs = zip(block.mapped[::2], block.mapped[1::2], strict=True)
    return [(a + b) * (a + b + 1) // 2 + b for a, b in pairs]


def choose(block: Block, p: Parameters, previous_k: int) -> tuple[str, int]:
    """(option, k): the shortest. Among split options as short as each other the one nearest to
    the last block's k; a split option wins only over what is longer, the second extension over
    what is as long, no compression over the second extension when as long."""
    coded = len(block.mapped) - (block.reference is not None)
    raw = coded * p.bits
    extension = 1 + sum(code + 1 for code in pair_codes(block))
    k, split = previous_k, raw
    if len(p.k_values):
        split = min(split_bits(block, k) for k in p.k_values)
        best = [k for k in p.k_values if split_bits(block, k) == split]
        k = min(best, key=lambda k: abs(k - previous_k))
    if split < raw:
        return ("split" if split < extension else "second extension"), k
    return ("no compression" if raw <= extension else "second extension"), k


def block_options(
    samples: NDArray[Any],
    *,
    bits: int,
    block_size: int,
    rsi: int,
    preprocess: bool,
    restricted: bool = False,
) -> list[tuple[str, int]]:
    """The option of each block: ("zero", run length), ("zero", 0) for those of a run after its
    first, (ROS, run length), ("split", k), ("second extension", k), ("no compression", k); where
    nothing is split, k is the one that the next block's search begins at."""
    p = Parameters(bits, block_size, rsi, preprocess, restricted)
    return [option for option, _ in _coded(samples, p)]


def encode(
    samples: NDArray[Any],
    *,
    bits: int,
    block_size: int,
    rsi: int,
    preprocess: bool,
    restricted: bool = False,
) -> bytes:
    """The coded stream of samples 0 .. 2**bits - 1, filled up with zeros to whole bytes."""
    p = Parameters(bits, block_size, rsi, preprocess, restricted)
    code = "".join(code for _, code in _coded(samples, p))
    code += "0" * (-len(code) % 8)
    return int(code, 2).to_bytes(len(code) // 8, "big") if code else b""


def _coded(samples: NDArray[Any], p: Parameters) -> list[tuple[tuple[str, int], str]]:
    blocks = blocks_of([int(x) for x in samples], p) if len(samples) else []
    out: list[tuple[tuple[str, int], str]] = []
    k, i = 0, 0
    while i < len(blocks):
        run = _run_length(blocks, i, p)
        if run:
            ends = (i + run) % p.rsi % SEGMENT == 0 or i + run == len(blocks)
            out.append(_zero_code(blocks[i], run, ends, p))
            out += [(("zero", 0), "")] * (run - 1)
            i += run
            continue
        option, k = choose(blocks[i], p, k)
        out.append(((option, k), _block_code(blocks[i], option, k, p)))
        i += 1
    return out


def _run_length(blocks: list[Block], first: int, p: Parameters) -> int:
    """Zero blocks from the first on, within its segment."""
    run = 0
    for i in range(first, len(blocks)):
        if any(blocks[i].mapped) or (run and i % p.rsi % SEGMENT == 0):
            break
        run += 1
    return run


def unary(value: int) -> str:
    """A fundamental sequence codeword: so many zeros, and a one."""
    return "0" * value + "1"


def _reference(block: Block, p: Parameters) -> str:
    return "" if block.reference is None else f"{block.reference:0{p.bits}b}"


def _zero_code(block: Block, run: int, ends: bool, p: Parameters) -> tuple[tuple[str, int], str]:
    """``ends``: with the run ends its segment, or all."""
    head = "0" * (p.id_bits + 1) + _reference(block, p)
    if ends and run > ROS_CODE:
        return (ROS, run), head + unary(ROS_CODE)
    return ("zero", run), head + unary(run - 1 if run <= ROS_CODE else run)


def _block_code(block: Block, option: str, k: int, p: Parameters) -> str:
    values = block.mapped if block.reference is None else block.mapped[1:]
    if option == "second extension":
        codes = "".join(unary(code) for code in pair_codes(block))
        return "0" * p.id_bits + "1" + _reference(block, p) + codes
    if option == "no compression":
        return "1" * p.id_bits + _reference(block, p) + "".join(f"{d:0{p.bits}b}" for d in values)
    low = "".join(f"{d & (2**k - 1):0{k}b}" for d in values) if k else ""
    high = "".join(unary(d >> k) for d in values)
    return f"{k + 1:0{p.id_bits}b}" + _reference(block, p) + high + low


class _Bits:
    """Reads a stream of bits; EOFError at its end."""

    def __init__(self, data: bytes) -> None:
        self._bits = "".join(f"{byte:08b}" for byte in data)
        self._at = 0

    def take(self, n: int) -> int:
        if self._at + n > len(self._bits):
            raise EOFError
        taken = self._bits[self._at : self._at + n]
        self._at += n
        return int(taken, 2) if n else 0

    def unary(self) -> int:
        one = self._bits.find("1", self._at)
        if one < 0:
            raise EOFError
        zeros = one - self._at
        self._at = one + 1
        return zeros


def decode(
    data: bytes,
    n_samples: int,
    *,
    bits: int,
    block_size: int,
    rsi: int,
    preprocess: bool,
    restricted: bool = False,
) -> NDArray[Any]:
    """The samples, uint16 up to 16 bits and uint32 above. EOFError when the data end too early,
    ValueError when no encoder makes them; what is read first tells."""
    p = Parameters(bits, block_size, rsi, preprocess, restricted)
    stream, samples, zero_blocks, previous = _Bits(data), [], 0, 0
    for i in range(-(-n_samples // p.block_size)):
        first = p.preprocess and i % p.rsi == 0
        mapped = [0] * p.block_size
        if zero_blocks:
            zero_blocks -= 1
        else:
            option = stream.take(p.id_bits)
            extension = option == 0 and stream.take(1)
            if first:
                previous = stream.take(p.bits)
            if option == 0 and not extension:
                zero_blocks = _run(stream.unary(), i, p) - 1
            else:
                mapped = _mapped(stream, option, first, p)
        if max(mapped) > p.largest:
            raise ValueError("a residual is wider than the samples")
        for d in mapped:
            previous = unmap_residual(previous, d, p.largest) if p.preprocess else d
            samples.append(previous)
    return np.array(samples[:n_samples], np.uint16 if p.bits <= 16 else np.uint32)


def _run(code: int, block: int, p: Parameters) -> int:
    """Zero blocks that a code stands for, the one it begins with included."""
    at = block % p.rsi
    rest = min(p.rsi - at, SEGMENT - at % SEGMENT)
    run = code + 1 if code < ROS_CODE else rest if code == ROS_CODE else code
    if run > rest:
        raise ValueError("a run of zero blocks goes beyond its segment")
    return run


def _mapped(stream: _Bits, option: int, first: bool, p: Parameters) -> list[int]:
    count = p.block_size - first
    head = [0] * first
    if option == 2**p.id_bits - 1:
        return head + [stream.take(p.bits) for _ in range(count)]
    if option:
        k = option - 1
        high = [stream.unary() for _ in range(count)]
        if max(high, default=0) > p.largest >> k:  # whether low bits follow or not
            raise ValueError("a residual is wider than the samples")
        return head + [value << k | stream.take(k) for value in high]
    out: list[int] = []
    for _ in range(p.block_size // 2):
        code, total = stream.unary(), 0
        while code > total:
            total += 1
            code -= total
        if max(total - code, code) > p.largest:
            raise ValueError("a residual is wider than the samples")
        if first and not out and total > code:
            raise ValueError("a residual in the place of the reference sample")
        out += [total - code, code]
    return out
