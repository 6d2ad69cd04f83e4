# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""A file of packets of rows that survives damage (docs/compression.md).

The description stands at its beginning and once again at its end. Between them are packets, each
with a tag of its own that tells its section: a stretch of frames that was coded by itself. The
tag's checksum goes over the file's id too, so that packets of other files are none of this one's.
After damage reading goes on at the next tag.
"""

from __future__ import annotations

import json
import re
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from fsw_emu.core import Core

#: no text, and text conversion is noticed
MAGIC = b"\x89SXR\r\n\x1a\n"
VERSION = 1
MAX_SECTIONS = 65536
#: samples of a section of more than one frame
SECTION_SAMPLES = 1 << 23
MAX_SECTION_FRAMES = 4096
#: samples of a frame, and so of any section
MAX_FRAME_SAMPLES = 1 << 31
#: bytes of a description, headers of FITS files included
MAX_DESCRIPTION = 1 << 20

_BLOCK = struct.Struct(">8sII")  # magic, bytes of the description, their CRC-32
_TAG = struct.Struct(">HH")  # section, CRC-16 of the file's id, of it and of the packet's CRC
_HEADER = struct.Struct(">BH")  # of a packet, as far as needed here (SPEC.md, section 8.7)
_KINDS = re.compile(rb"[\xc0-\xc4]")
_LEAST_PACKET = 16
_GROUP = 16  # frames that share a model
_MOST_TRIES = 64  # places where a description may begin
_MODEL = 0xC4
_SHAPE, _EXPLICIT = 9, slice(14, 18)  # where a packet has its shape, rows and columns of shape 0
_SHAPES = {1: (639, 384), 2: (165, 96), 3: (160, 99), 4: (4511, 4608)}


class Bytes(Protocol):
    """Bytes or a mapped file."""

    def __len__(self) -> int: ...
    def __getitem__(self, where: slice) -> bytes: ...
    def find(self, what: bytes, start: int, /) -> int: ...


@dataclass(frozen=True)
class Description:
    """What the packets are of. ``fill``: sample of a lost row; ``image``: what whoever writes
    the image back has to know; ``first_crc``: CRC-32 of the samples of the first section, which
    tells files of one shape apart. ValueError for what no such file has."""

    frames: int
    rows: int
    cols: int
    near_lossless: int
    fill: int
    image: dict[str, Any]
    first_crc: int = 0
    section_frames: int = 0

    def __post_init__(self) -> None:
        numbers = (self.frames, self.rows, self.cols, self.section_frames, self.first_crc)
        if not all(type(n) is int for n in (*numbers, self.fill, self.near_lossless)):
            raise TypeError("a size that is no number")
        if not self.section_frames:
            fitting = min(SECTION_SAMPLES // (self.rows * self.cols or 1), MAX_SECTION_FRAMES)
            whole_groups = fitting - fitting % _GROUP or fitting
            object.__setattr__(self, "section_frames", max(whole_groups, 1))
        if min(self.frames, self.rows, self.cols) < 1 or max(self.rows, self.cols) > 65535:
            raise ValueError("a frame has 1 to 65,535 rows and columns")
        if self.rows * self.cols > MAX_FRAME_SAMPLES:
            raise ValueError(f"a frame has at most {MAX_FRAME_SAMPLES:,} samples")
        if not 1 <= self.section_frames <= MAX_SECTION_FRAMES or (
            self.section_frames > 1
            and self.section_frames * self.rows * self.cols > SECTION_SAMPLES
        ):
            raise ValueError(f"a section cannot have {self.section_frames} of such frames")
        if not 0 <= self.fill <= 65535:
            raise ValueError("a sample of lost rows that is none")
        if not 0 <= self.near_lossless <= 15:
            raise ValueError("near-lossless coding is within 0 to 15")
        if self.n_sections > MAX_SECTIONS:
            raise ValueError(f"more than {MAX_SECTIONS * self.section_frames:,} frames")

    @property
    def n_sections(self) -> int:
        return -(-self.frames // self.section_frames)

    def section(self, number: int) -> tuple[int, int]:
        """The first frame of a section, and the one after its last."""
        first = number * self.section_frames
        return first, min(first + self.section_frames, self.frames)

    @property
    def shape(self) -> tuple[int, int, int]:
        return self.frames, self.rows, self.cols

    def block(self) -> bytes:
        """The block that begins and ends the file. ValueError where it would be too long."""
        text = json.dumps({"version": VERSION, **asdict(self)}, separators=(",", ":")).encode()
        if len(text) > MAX_DESCRIPTION:
            raise ValueError(f"headers of more than about {MAX_DESCRIPTION:,} bytes")
        return _BLOCK.pack(MAGIC, len(text), zlib.crc32(text)) + text


def file_id(block: bytes) -> bytes:
    """What tells a file from others: the CRC-32 of its description."""
    return block[_BLOCK.size - 4 : _BLOCK.size]


@dataclass(frozen=True)
class Found:
    """A file among bytes: what it is of, its id, and where its packets begin and end.
    ``outside``: bytes before and behind it, which are none of its own."""

    told: Description
    file_id: bytes
    begin: int
    end: int
    outside: int


def find(data: Bytes, check: Callable[[Description], object]) -> Found:
    """The first file in data that has a good description, at its beginning or at its end.

    check: raises ValueError for a description that is not good. ValueError where there is none.
    """
    why = "no file of fsw-emu compress, or both its descriptions are damaged"
    at, wrong = data.find(MAGIC, 0), ""
    for _ in range(_MOST_TRIES):
        if at < 0:
            break
        block = _block(data, at)
        end = at + len(block)
        again = data.find(block, end) if block else -1
        if block and again != end:  # else of two files, one behind the other
            try:
                told = _description(block)
                check(told)
            except ValueError as error:
                wrong = wrong or str(error)
            else:
                if again < 0:  # the other is lost, and which one this is unknown
                    return Found(told, file_id(block), 0, len(data), 0)
                outside = at + len(data) - again - len(block)
                return Found(told, file_id(block), end, again, outside)
        at = data.find(MAGIC, max(end, at + 1))
    raise ValueError(wrong or why)


def _block(data: Bytes, at: int) -> bytes:
    """The block that begins there; empty where none does, or a damaged one."""
    end = at + _BLOCK.size
    if end > len(data):
        return b""
    _, length, crc = _BLOCK.unpack(data[at:end])
    if length > MAX_DESCRIPTION:
        return b""
    text = data[end : end + length]
    return data[at : end + length] if len(text) == length and zlib.crc32(text) == crc else b""


def _description(block: bytes) -> Description:
    try:
        told = json.loads(block[_BLOCK.size :])
        if told.pop("version") != VERSION:
            raise ValueError("of a later version")
        return Description(**told)
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError("a description that no fsw-emu compress writes") from error


def tagged(core: Core, file: bytes, section: int, packets: Iterable[bytes]) -> bytes:
    """The packets of a section as they stand in the file of that id."""
    return b"".join(
        part for each in packets for part in (_tag(core, file, section, each[-2:]), each)
    )


def _tag(core: Core, file: bytes, section: int, packet_crc: bytes) -> bytes:
    return _TAG.pack(section, core.crc16(file + section.to_bytes(2) + packet_crc))


def fitting(core: Core, packets: Iterable[bytes], shape: tuple[int, int, int]) -> list[bytes]:
    """Those packets that are whole and of a stack of that shape (SPEC.md, section 8.7); none if
    all are models."""
    there = [each for each in packets if _shape(each) == shape and not core.crc16(each)]
    return there if any(each[0] != _MODEL for each in there) else []


def _shape(packet: bytes) -> tuple[int, int, int]:
    explicit = packet[_EXPLICIT]
    rows_cols = int.from_bytes(explicit[:2]), int.from_bytes(explicit[2:])
    return (packet[3] << 4 | packet[4] >> 4) + 1, *_SHAPES.get(packet[_SHAPE], rows_cols)


def sections(core: Core, data: Bytes, found: Found) -> Iterator[list[bytes]]:
    """The packets of each section, in order; none of one that is lost. Damaged packets may be
    among them, such that were put elsewhere are not."""
    n_sections = found.told.n_sections
    now = 0
    packets: list[bytes] = []
    for section, packet in _records(core, data, found):
        if not now <= section < n_sections:
            continue
        while now < section:
            yield packets
            now, packets = now + 1, []
        packets.append(packet)
    yield packets
    yield from ([] for _ in range(now + 1, n_sections))


def _records(core: Core, data: Bytes, found: Found) -> Iterator[tuple[int, bytes]]:
    """Sections and packets. A packet out of step, or of another section than the one before,
    has to be whole."""
    before, in_step = 0, True
    at, end = found.begin, found.end
    while at < end:
        record = _record(core, data, at, found)
        if record and (not in_step or record[0] != before) and core.crc16(record[1]):
            record = None
        in_step = record is not None
        if record is None:
            at = _next_kind(data, at + 1 + _TAG.size, end) - _TAG.size
            continue
        before = record[0]
        at += _TAG.size + len(record[1])
        yield record


def _record(core: Core, data: Bytes, at: int, found: Found) -> tuple[int, bytes] | None:
    head, end = at + _TAG.size, found.end
    if head + _LEAST_PACKET > end:
        return None
    kind, length = _HEADER.unpack(data[head : head + _HEADER.size])
    packet = data[head : head + length]
    if not 0xC0 <= kind <= 0xC4 or length < _LEAST_PACKET or head + length > end:
        return None
    section = int.from_bytes(data[at : at + 2])
    if data[at:head] != _tag(core, found.file_id, section, packet[-2:]):
        return None
    return section, packet


def _next_kind(data: Bytes, at: int, end: int) -> int:
    """Where the next packet may begin; somewhere beyond the end if nowhere."""
    found = _KINDS.search(data, at, end)  # type: ignore[call-overload]
    return found.start() if found else end + _TAG.size
