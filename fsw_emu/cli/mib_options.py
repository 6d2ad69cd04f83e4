# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Options of the commands that read a SCOS-2000 database; SMILE's conventions by default."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path

from fsw_emu.mib import Conventions, Database

_EPOCH = "2018-01-01"  # of SMILE on ground


def add_options(parser: argparse.ArgumentParser) -> None:
    """Where the database is, and what it leaves to the mission."""
    parser.add_argument(
        "--mib",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder of the database (pid.dat ...)",
    )
    group = parser.add_argument_group("conventions of the mission (default: SMILE)")
    group.add_argument(
        "--fine-time",
        choices=("microseconds", "binary"),
        default="microseconds",
        help="what the fine part of a CUC time counts (default: microseconds)",
    )
    group.add_argument(
        "--epoch",
        type=_epoch,
        default=_EPOCH,
        metavar="DATE",
        help=f"0 of the onboard time, or 'none' for plain seconds (default: {_EPOCH})",
    )
    group.add_argument(
        "--dfhsize-from",
        choices=("packet", "secondary"),
        default="packet",
        help="where PID_DFHSIZE counts from: the packet's first byte, or behind the primary "
        "header (default: packet)",
    )
    group.add_argument(
        "--time-byte",
        type=_number,
        default=10,
        metavar="N",
        help="first byte of the time in telemetry packets (default: 10)",
    )
    group.add_argument(
        "--time-pfc",
        type=_pfc,
        default="18",
        metavar="PFC",
        help="its format, PTC 9 PFC 1, 2, 3..18 or 30, or 'none' (default: 18)",
    )
    group.add_argument(
        "--no-crc", dest="crc", action="store_false", help="packets have no checksum at the end"
    )


def read_database(args: argparse.Namespace) -> Database:
    """The database of the options. MibError (a ValueError), OSError."""
    return Database.read(
        args.mib,
        Conventions(
            fine=args.fine_time,
            epoch=args.epoch,
            time_byte=args.time_byte,
            time_pfc=args.time_pfc,
            dfhsize_from=args.dfhsize_from,
            crc=args.crc,
        ),
    )


def _epoch(text: str) -> datetime | None:
    if text == "none":
        return None
    try:
        epoch = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date") from None
    return epoch if epoch.tzinfo else epoch.replace(tzinfo=UTC)


def _number(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no number of a byte")
    return int(text)


def _pfc(text: str) -> int | None:
    if text == "none":
        return None
    if text not in {"1", "2", "30", *map(str, range(3, 19))}:
        raise argparse.ArgumentTypeError(f"{text!r} is no format of a time")
    return int(text)
