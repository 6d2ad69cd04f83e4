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
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import hil
from fsw_emu.cli.files import describe, read_file
from fsw_emu.cli.show_packets import Line, recording_lines, telemetry_lines
from fsw_emu.core import CeHeader, Core, CoreError, default_core
from fsw_emu.ground.telemetry import TelemetryReader
from fsw_emu.packets.ce import FRAME_FIELDS, GROUP_FIELDS, HEADER_BYTES, PRODUCTS
from fsw_emu.packets.fault import Fault
from fsw_emu.packets.pcap import is_pcap
from fsw_emu.packets.pcapng import is_pcapng
from fsw_emu.packets.pus import SmileTime
from fsw_emu.packets.recording import sniff

EXAMPLE = """\
example:
  fsw-emu show out/tm.bin --limit 5
  fsw-emu show recording.gresb.gz | head
  wireshark -X lua_script:$(fsw-emu show --wireshark) link.pcapng

Understood are recordings of a link (GRESB framing, pcap, pcapng), telemetry packets, compression
entities (.ce), FITS files and all files of JSON, each also compressed with gzip.
Exit: 0 fine, 1 faults found in the data, 2 wrong use.
"""

#: a file in pieces
Chunks = Iterable[bytes]


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
    parser.add_argument(
        "--wireshark",
        action=_Dissectors,
        nargs=0,
        help="print where the dissectors for Wireshark are, nothing else",
    )
    parser.set_defaults(run=run)


class _Dissectors(argparse.Action):
    """Prints the script that Wireshark loads, and ends."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,  # noqa: ARG002
        values: str | Sequence[Any] | None,  # noqa: ARG002
        option: str | None = None,  # noqa: ARG002
    ) -> None:
        print(Path(hil.__file__).parent / "wireshark" / "fsw_emu.lua")
        parser.exit()


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
    is_capture = is_pcap(start) or is_pcapng(start)
    if not is_capture and TelemetryReader().feed(start):
        return lambda chunks: telemetry_lines(chunks, limit)
    sniff(start)
    counts_header = args.data_len == "packet"
    return lambda chunks: recording_lines(chunks, limit, counts_header=counts_header)


def _is_entity(start: bytes, path: Path) -> bool:
    try:
        default_core().ce_header(start[:HEADER_BYTES])
    except CoreError:
        return ".ce" in path.suffixes
    return True


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
