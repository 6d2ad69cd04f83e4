# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""A SCOS-2000 database that a test writes, with the tables it needs and no others."""

from __future__ import annotations

from binascii import crc_hqx
from pathlib import Path

#: a telecommand header with one field of four acknowledge bits
HEADER = {
    "tcp": ["PUS\tany"],
    "pcpc": ["PSRC\tsource\tU"],
    "pcdf": [
        "PUS\tversion\tF\t3\t0\t\t0\tD",
        "PUS\ttype bit\tF\t1\t3\t\t1\tD",
        "PUS\theader flag\tF\t1\t4\t\t1\tD",
        "PUS\tAPID\tA\t11\t5\t\t0\tD",
        "PUS\tflags\tF\t2\t16\t\t3\tD",
        "PUS\tcount\tF\t14\t18\t\t0\tD",
        "PUS\tlength\tF\t16\t32\t\t0\tD",
        "PUS\tPUS\tF\t4\t48\t\t2\tH",
        "PUS\tack\tK\t4\t52\t\tF\tH",
        "PUS\ttype\tT\t8\t56\t\t0\tD",
        "PUS\tsubtype\tS\t8\t64\t\t0\tD",
        "PUS\tsource\tP\t16\t72\tPSRC\t1F\tH",
    ],
}

PCF = """name descr pid unit ptc pfc width valid related categ natur curtx inter uscon decim parval
subsys valpar sptype corr obtid darc endian"""
CPC = """name descr ptc pfc dispfmt radix unit categ prfref ccaref pafref inter defval corr obtid
descr2 endian"""


def write_mib(folder: Path, tables: dict[str, list[str]]) -> Path:
    """The tables as files of a folder, which is emptied."""
    folder.mkdir(exist_ok=True)
    for path in folder.iterdir():
        path.unlink()
    for name, rows in tables.items():
        (folder / f"{name}.dat").write_text("".join(row + "\n" for row in rows))
    return folder


def pcf(name: str, ptc: int, pfc: int, **more: object) -> str:
    """A row of pcf; more: columns by their name, in lower case."""
    row = {"name": name, "descr": f"about {name}", "ptc": ptc, "pfc": pfc, "categ": "N", **more}
    return _row(PCF, row)


def cpc(name: str, ptc: int, pfc: int, **more: object) -> str:
    """A row of cpc; more: columns by their name, in lower case."""
    return _row(CPC, {"name": name, "descr": f"{name} text", "ptc": ptc, "pfc": pfc, **more})


def _row(columns: str, row: dict[str, object]) -> str:
    return "\t".join(str(row.get(column, "")) for column in columns.split())


def ccf(name: str, *, ack: str = "", descr: str = "") -> str:
    return f"{name}\t{descr}\t\t\tN\tPUS\t8\t1\t77" + "\t" * 11 + ack


def pid(spid: int, *, tpsd: int = -1, pi1: int = 0, pi2: int = 0, subtype: int = 25) -> str:
    """Of APID 77, type 3; the data field header has 10 bytes."""
    return f"3\t{subtype}\t77\t{pi1}\t{pi2}\t{spid}\tpacket {spid}\t\t{tpsd}\t10"


def telemetry(data: bytes, *, subtype: int = 25, apid: int = 77, crc: bool = True) -> bytes:
    """A packet with a data field header of 10 bytes: source data at byte 16."""
    size = 16 + len(data) + 2 * crc
    head = bytes([0x08 | apid >> 8, apid & 0xFF, 0xC0, 7]) + (size - 7).to_bytes(2, "big")
    packet = head + bytes([0x10, 3, subtype, 0]) + bytes([0, 0, 1, 0, 0x80, 0]) + data
    return packet + (crc_hqx(packet, 0xFFFF).to_bytes(2, "big") if crc else b"")
