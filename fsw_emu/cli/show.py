# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""``fsw-emu show``: what is in a file, one line a packet."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import importlib
import io
import itertools
import json
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from fsw_emu.cli.files import describe, read_file
from fsw_emu.core import CeHeader, Core, CoreError, default_core
from fsw_emu.ground.telemetry import Received, TelemetryReader
from fsw_emu.packets import fee
from fsw_emu.packets.ce import FRAME_FIELDS, GROUP_FIELDS, HEADER_BYTES, PRODUCTS
from fsw_emu.packets.fault import Fault
from fsw_emu.packets.pus import SmileTime
from fsw_emu.packets.recording import RecordingReader, sniff
from fsw_emu.packets.spacewire import SpwPacket

EXAMPLE = """\
example:
  fsw-emu show out/tm.bin --limit 5
  fsw-emu show recording.gresb.gz | head

Understood are recordings of the FEE link (GRESB framing, pcap, pcapng), telemetry packets,
compression entities (.ce), FITS files and all files of JSON, each also compressed with gzip.
Exit: 0 fine, 1 faults found in the data, 2 wrong use.
"""

#: a line to print, or a fault to report
Line = str | Fault
#: a file in pieces
Chunks = Iterable[bytes]

_FEE_ADDRESS, _FEE_PROTOCOL = 0x50, 0xF0
_PROTOCOLS = {0x01: "RMAP", 0x02: "CCSDS"}
_SYNCHRONISED = 5


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "show",
        help="what is in a file, one line a packet",
        description="Print what is in a file: one line for each packet, entity field or HDU.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="any file of the chain")
    parser.add_argument(
        "--limit", type=_count, metavar="N", help="packets (frames of an entity) to print"
    )
    parser.add_argument(
        "--data-len",
        choices=("payload", "packet"),
        default="payload",
        help="what the length field of FEE packets counts (default: payload)",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command; the exit code. BrokenPipeError when nobody reads on."""
    try:
        return _print(_lines(args))
    except BrokenPipeError:
        raise
    except (OSError, ValueError) as error:
        print(f"fsw-emu show: {describe(error, args.file)}", file=sys.stderr)
        return 2


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no count")
    return int(text)


def _print(lines: Iterator[Line]) -> int:
    code = 0
    for line in lines:
        if isinstance(line, Fault):
            code = 1
            line = f"fault at {line}"
        print(line)
    sys.stdout.flush()
    return code


def _lines(args: argparse.Namespace) -> Iterator[Line]:
    """Everything to print about a file; ValueError for an unknown format."""
    broken: list[Fault] = []
    chunks = read_file(args.file, broken)
    start = next(chunks, b"")
    yield from _recognise(start, args)(itertools.chain([start], chunks))
    yield from broken


def _recognise(start: bytes, args: argparse.Namespace) -> Callable[[Chunks], Iterator[Line]]:
    """What prints a file that starts so."""
    limit: int | None = args.limit
    if not start:
        raise ValueError("the file is empty")
    if start.startswith(b"SIMPLE  ="):
        return _fits_lines
    if start.lstrip()[:1] == b"{":
        return _json_lines
    if _is_entity(start, args.file):
        return lambda chunks: _entity_lines(b"".join(chunks), default_core(), limit)
    if TelemetryReader().feed(start):
        return lambda chunks: _telemetry_lines(chunks, limit)
    sniff(start)
    counts_header = args.data_len == "packet"
    return lambda chunks: _recording_lines(chunks, limit, counts_header=counts_header)


def _is_entity(start: bytes, path: Path) -> bool:
    try:
        default_core().ce_header(start[:HEADER_BYTES])
    except CoreError:
        return ".ce" in path.suffixes
    return True


# Recordings


def _recording_lines(chunks: Chunks, limit: int | None, *, counts_header: bool) -> Iterator[Line]:
    reader = RecordingReader()
    shown = reported = 0
    for chunk in chunks:
        for packet in reader.feed(chunk):
            if shown == limit:
                return
            shown += 1
            yield from _packet_lines(packet, counts_header=counts_header)
        yield from reader.faults[reported:]
        reported = len(reader.faults)
    reader.finish()
    yield from reader.faults[reported:]


def _packet_lines(packet: SpwPacket, *, counts_header: bool) -> Iterator[Line]:
    data = packet.data
    if len(data) >= fee.HEADER_BYTES and data[:2] == bytes([_FEE_ADDRESS, _FEE_PROTOCOL]):
        header = fee.read_fee_header(data)
        yield f"{packet.offset:>9}  {_fee_text(header, data[fee.HEADER_BYTES :])}"
        expected = header.data_len + (0 if counts_header else fee.HEADER_BYTES)
        if expected != len(data):
            what = f"{len(data)} bytes, the length field makes them {expected}"
            yield Fault(packet.offset, "FEE packet", what)
    else:
        protocol = _PROTOCOLS.get(data[1], "unknown") if len(data) > 1 else "unknown"
        yield f"{packet.offset:>9}  {protocol:<14} {len(data)} bytes  {data[:16].hex(' ')}"
    if packet.eep:
        yield Fault(packet.offset, "packet", "ended by an error end of packet")
    if packet.truncated:
        yield Fault(packet.offset, "packet", "cut by the recording")


def _fee_text(header: fee.FeeHeader, payload: bytes) -> str:
    node = "--" if header.type == fee.HOUSEKEEPING else header.node
    text = (
        f"{fee.TYPES[header.type]:<14} {node}  mode {header.mode:>2}  "
        f"frame {header.frame_counter:>5}  seq {header.sequence:>5}  "
    )
    is_window = header.type in (fee.EVENT, fee.WANDERING_MASK)
    if is_window and header.last and not any(payload):
        return text + "end of events"
    if is_window and len(payload) == fee.WINDOW_BYTES:
        col, row, *pixels = _words(payload)
        text += f"row {row:>3}  col {col:>3}  peak {max(pixels)} ADU"
    else:
        text += f"{len(payload)} bytes"
    return text + ("  last" if header.last else "")


def _words(data: bytes) -> list[int]:
    return [int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2)]


# Telemetry


def _telemetry_lines(chunks: Chunks, limit: int | None) -> Iterator[Line]:
    reader = TelemetryReader()
    shown = reported = 0
    for chunk in itertools.chain(chunks, [None]):
        for received in reader.finish() if chunk is None else reader.feed(chunk):
            if shown == limit:
                return
            shown += 1
            yield f"{received.position:>9}  {_tm_text(received)}"
        yield from reader.faults[reported:]
        reported = len(reader.faults)


def _tm_text(received: Received) -> str:
    primary, header = received.tm.primary, received.tm.header
    synchronised = "S" if header.sync == _SYNCHRONISED else "U"
    text = (
        f"{f'TM({header.type},{header.subtype})':<9}  count {primary.count:>5}  "
        f"dest {header.destination:>3}  {header.time.iso()} {synchronised}"
    )
    detail = _tm_detail(header.type, header.subtype, received.tm.data)
    return f"{text}  {detail}" if detail else text


def _tm_detail(service: int, subtype: int, data: bytes) -> str:
    match service, subtype:
        case 13, 1 | 2 | 3 if len(data) >= 5:
            part, size = _words(data[1:5])
            return f"SDU {data[0]}  part {part}  {size} bytes"
        case 13, 4 if len(data) >= 4:
            return f"SDU {data[0]}  aborted, reason {int.from_bytes(data[2:4], 'big')}"
        case 1, _ if len(data) >= 4:
            identification, control = _words(data[:4])
            return f"TC APID {identification & 0x7FF}  count {control & 0x3FFF}"
        case 3, _ if len(data) >= 2:
            return f"SID {int.from_bytes(data[:2], 'big')}  {len(data)} bytes"
        case 5, _ if len(data) >= 2:
            return f"event {int.from_bytes(data[:2], 'big')}"
        case _:
            return f"{len(data)} bytes" if data else ""


# Compression entities


def _entity_lines(data: bytes, core: Core, limit: int | None) -> Iterator[Line]:
    try:
        entity = core.ce_unpack(data)
    except CoreError as error:
        with contextlib.suppress(CoreError):
            yield from _header_lines(core.ce_header(data[:HEADER_BYTES]))
        yield Fault(0, "entity", str(error))
        return
    yield from _header_lines(entity.header)
    yield from _metadata_lines("group", GROUP_FIELDS, entity.group)
    for i, frame in enumerate(entity.frames[:limit]):
        yield from _metadata_lines(f"frame {i}", FRAME_FIELDS, frame)


def _header_lines(header: CeHeader) -> Iterator[str]:
    for name, value in dataclasses.asdict(header).items():
        text = f"0x{value:08X}" if name == "key" else str(value)
        if name == "product":
            text += f" ({PRODUCTS[value]})"
        if name == "coarse":
            text += f" ({SmileTime(header.coarse, header.fine_us).iso()})"
        yield f"{name:<24}{text}"


def _metadata_lines(where: str, names: tuple[str, ...], values: Any) -> Iterator[str]:
    yield f"{where}:"
    for name, value in zip(names, values.tolist(), strict=True):
        yield f"  {name:<22}{value}"


# FITS and JSON


def _fits_lines(chunks: Chunks) -> Iterator[Line]:
    fits = importlib.import_module("astropy.io.fits")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with fits.open(io.BytesIO(b"".join(chunks)), checksum=True) as hdus:
            for number, name, _version, kind, cards, shape, form, *_ in hdus.info(output=False):
                size = " x ".join(map(str, shape)) if isinstance(shape, tuple) else shape
                line = f"{number:>3}  {name:<12} {kind:<12} {cards:>4} cards  {size}  {form}"
                yield line.rstrip()
    for warning in caught:
        yield Fault(0, "FITS file", str(warning.message))


def _json_lines(chunks: Chunks) -> Iterator[str]:
    yield from _flat("", json.loads(b"".join(chunks)))


def _flat(name: str, value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(f"{name}.{key}" if name else key, inner)
        return
    yield f"{name}: {json.dumps(value)}"
