# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Our dissectors in tshark tell what our readers do, of good and of damaged packets."""

from __future__ import annotations

import random
import struct
import subprocess
from binascii import crc_hqx
from pathlib import Path
from typing import Any

import pytest
from recorded import read_recording
from wireshark_registers import SCRIPT as REGISTERS
from wireshark_registers import script

from fsw_emu.cli.main import main
from fsw_emu.packets import rmap
from fsw_emu.packets.capture import CaptureWriter
from fsw_emu.packets.fee_registers import FIELDS, HOUSEKEEPING_START, TABLE
from fsw_emu.packets.pus import SmileTime
from fsw_emu.packets.spacewire import PTP_PREFIX, Item, SpwPacket, TimeCode

SCRIPT = REGISTERS.with_name("fsw_emu.lua")
TIME_NS = 1_779_148_800 * 10**9


def dissect(path: Path, *fields: str) -> list[tuple[str, ...]]:
    """What tshark says of each frame; an empty text for a field that it has not."""
    asked = [part for field in fields for part in ("-e", field)]
    command = ["tshark", "-X", f"lua_script:{SCRIPT}", "-r", str(path), "-T", "fields", *asked]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    assert "Lua" not in done.stderr, done.stderr
    return [tuple(map(number, line.split("\t"))) for line in done.stdout.splitlines()]


def number(text: str) -> str:
    """Truth as tshark 4.0 prints it; later ones have a word for it."""
    return {"True": "1", "False": "0"}.get(text, text)


def capture(path: Path, items: list[Item], **options: Any) -> None:
    """One item each 1,000 ns."""
    writer = CaptureWriter()
    stream = writer.begin("")
    for i, item in enumerate(items):
        stream += writer.build([item], time_ns=TIME_NS + 1000 * i, **options)
    path.write_bytes(stream)


def hexed(*values: int) -> tuple[str, ...]:
    return tuple(f"0x{value:02x}" for value in values)


def commands() -> list[rmap.Command]:
    """One of each instruction code, with other fields drawn."""
    drawn = random.Random(5)
    out = []
    for code in range(16):
        instruction = rmap.Instruction.of(code << 2)
        data = drawn.randbytes(8) if instruction.carries_data else b""
        out.append(
            rmap.Command(
                instruction=instruction,
                target=drawn.randrange(32, 256),
                initiator=drawn.randrange(32, 256),
                key=drawn.randrange(256),
                transaction=drawn.randrange(1 << 16),
                address=drawn.randrange(0x1000, 1 << 32),
                length=8,
                data=data,
                extended=drawn.randrange(256),
                reply_address=bytes(range(1, 1 + code % 13)),
                path=bytes(range(1, 1 + code % 3)),
            )
        )
    return out


def test_every_rmap_command(tmp_path: Path) -> None:
    sent = commands()
    capture(tmp_path / "a.pcapng", [SpwPacket(one.to_bytes()) for one in sent])
    names = "target initiator key transaction extended address length code data"
    got = dissect(
        tmp_path / "a.pcapng",
        *(f"rmap.{name}" for name in names.split()),
        *("rmap.reply_address", "spw.path", "rmap.header_crc.good", "rmap.data_crc.good"),
    )
    for one, told in zip(sent, got, strict=True):
        words = -(-len(one.reply_address) // 4)
        assert told == (
            *hexed(one.target, one.initiator, one.key),
            str(one.transaction),
            *hexed(one.extended),
            f"0x{one.address:08x}",
            "8",
            str(one.instruction.bits >> 2),
            one.data.hex(),
            one.reply_address.rjust(4 * words, b"\0").hex(),
            one.path.hex(),
            "1",
            "1" if one.data else "",
        )


def test_replies_and_the_commands_they_belong_to(tmp_path: Path) -> None:
    items: list[Item] = []
    expected = []
    for i, one in enumerate(c for c in commands() if c.instruction.reply and c.instruction.valid):
        data = b"" if one.instruction.write else bytes(range(8))
        items += [SpwPacket(one.to_bytes()), TimeCode(i), SpwPacket(one.answer(i, data).to_bytes())]
        expected += [("",) * 7, ("",) * 7]
        expected.append(
            (str(i), *hexed(one.target, one.initiator), str(one.transaction), data.hex(),
             str(3 * i + 1), "0.000002000")
        )  # fmt: skip
    capture(tmp_path / "a.pcapng", items)
    names = ("status", "target", "initiator", "transaction", "data", "request_in", "reply_time")
    got = dissect(tmp_path / "a.pcapng", *(f"rmap.{name}" for name in names))
    assert got[2::3] == expected[2::3]
    assert [told[0] for told in got[::3]] == [""] * len(got[::3])


@pytest.mark.verifies("REC-2", "REC-3", "REC-6")
def test_ends_time_codes_and_directions(tmp_path: Path) -> None:
    items: list[Item] = [SpwPacket(b"\x50\xee\x01"), SpwPacket(b"\x50", eep=True), TimeCode(9, 1)]
    writer = CaptureWriter()
    stream = writer.begin("")
    expected = []
    for direction, bits in (("in", "0x00000001"), ("out", "0x00000002"), ("", "")):
        name = f"link {direction}"
        stream += writer.build(items, time_ns=TIME_NS + 5, direction=direction, interface=name)  # type: ignore[arg-type]
        for told in (("0x00", "50ee01", "", ""), ("0x01", "50", "", ""), ("0x31", "", "9", "1")):
            expected.append((*told, bits, name, f"{TIME_NS // 10**9}.000000005"))
    (tmp_path / "a.pcapng").write_bytes(stream)
    fields = ["spw.end", "spw.data", "spw.time_code", "spw.time_code.flags"]
    fields += ["frame.packet_flags_direction", "frame.interface_name", "frame.time_epoch"]
    assert dissect(tmp_path / "a.pcapng", *fields) == expected


def test_damage_is_told(tmp_path: Path) -> None:
    write = commands()[11].to_bytes()
    at = next(i for i, byte in enumerate(write) if byte >= 32)  # behind the path
    header = write[: at + 5] + bytes([write[at + 5] ^ 1]) + write[at + 6 :]
    bad = [header, write[:-1] + bytes([write[-1] ^ 1]), write[:-3], write[: at + 9]]
    capture(tmp_path / "a.pcapng", [SpwPacket(one) for one in bad])
    crcs = ("rmap.header_crc.good", "rmap.data_crc.good")
    got = dissect(tmp_path / "a.pcapng", *crcs, "rmap.bad_crc", "rmap.size")
    assert [told[:2] for told in got] == [
        ("0", "1"), ("1", "0"), ("1", "0"), ("", ""),
    ]  # fmt: skip
    assert [bool(told[2]) for told in got] == [True, True, True, False]
    assert [bool(told[3]) for told in got] == [False, False, True, True]


def test_any_bytes_are_shown(tmp_path: Path) -> None:
    drawn = random.Random(7)
    items: list[Item] = []
    for protocol in (0x01, 0x02, 0xF0, 0x77):
        items += [
            SpwPacket(bytes([0x51, protocol]) + drawn.randbytes(drawn.randrange(80)))
            for _ in range(60)
        ]
    items += [SpwPacket(drawn.randbytes(size)) for size in range(30)]
    capture(tmp_path / "a.pcapng", items)
    got = dissect(tmp_path / "a.pcapng", "spw.end", "_ws.col.Info", "_ws.lua.error")
    assert [(told[0], told[2]) for told in got] == [("0x00", "")] * len(items)
    assert not [told[1] for told in got if "Malformed" in told[1]]


def test_housekeeping_and_registers(tmp_path: Path) -> None:
    drawn = random.Random(3)
    payload = drawn.randbytes(152)
    header = struct.pack(">BBHHHH", 0x50, 0xF0, 152, 0x0382, 7, 0)
    register = FIELDS["ccd2_e_pix_threshold"]
    word = struct.pack(">I", register.put(0, 120))
    command = rmap.Command(rmap.WRITE, 0x51, 0x50, 0xD1, 1, register.address, 4, word)
    read = rmap.Command(rmap.READ, 0x51, 0x50, 0xD1, 2, HOUSEKEEPING_START, 152)
    items = [SpwPacket(header + payload), SpwPacket(command.to_bytes())]
    items += [SpwPacket(read.to_bytes()), SpwPacket(read.answer(0, payload).to_bytes())]
    capture(tmp_path / "a.pcapng", list(items))
    fields = [field for field in TABLE if not field.writable]
    names = [f"{prefix}{one.name}" for prefix in ("fee.hk.", "rmap.register.") for one in fields]
    names.append("rmap.register.ccd2_e_pix_threshold")
    got = dissect(tmp_path / "a.pcapng", *names)
    expected = [
        str(one.get(int.from_bytes(payload[at : at + 4], "big")))
        for one in fields
        for at in [one.address - HOUSEKEEPING_START]
    ]
    nothing = [""] * len(fields)
    assert got[0] == (*expected, *nothing, "")
    assert got[1] == (*nothing, *nothing, "120")
    assert got[2] == (*nothing, *nothing, "")
    assert got[3] == (*nothing, *expected, "")


def telemetry(count: int, coarse: int, fine_us: int, data: bytes) -> bytes:
    body = struct.pack(">BBBBII", 0x10, 3, 25, 4, coarse, fine_us << 8 | 5) + data
    packet = struct.pack(">HHH", 0x094C, 0xC000 | count, len(body) + 1) + body
    return packet + struct.pack(">H", crc_hqx(packet, 0xFFFF))


def telecommand() -> bytes:
    packet = struct.pack(">HHHBBBB", 0x1873, 0xC019, 5, 0x11, 17, 1, 6)
    return packet + struct.pack(">H", crc_hqx(packet, 0xFFFF))


@pytest.mark.verifies("REC-4")
def test_pus_packets(tmp_path: Path) -> None:
    packets = [telemetry(9, 1000, 250_000, b"abc"), telecommand()]
    packets.append(packets[0][:-1] + b"\0")
    items: list[Item] = [SpwPacket(PTP_PREFIX + one) for one in packets]
    writer = CaptureWriter()
    stream = writer.begin("")
    for link_type in (148, 149):  # alone, and in the packet transfer protocol
        stream += writer.build(items, time_ns=TIME_NS, link_type=link_type)
    (tmp_path / "a.pcapng").write_bytes(stream)
    names = "kind apid count service subservice destination ack time fine_us sync data pec.good"
    got = dissect(tmp_path / "a.pcapng", *(f"pus.{name}" for name in names.split()))
    time = "Jan  1, 2018 00:16:40.250000000 UTC"
    assert SmileTime(1000, 250_000).iso() == "2018-01-01T00:16:40.250000Z"
    good = ("0", "332", "9", "3", "25", "4", "", time, "250000", "0x05", "616263")
    assert (
        got
        == [
            (*good, "1"),
            ("1", "115", "25", "17", "1", "", "0x01", "", "", "", "", "1"),
            (*good, "0"),
        ]
        * 2
    )


@pytest.mark.shared
@pytest.mark.parametrize("name", ["evsim_seed1", "ft_1_frame"])
def test_recordings_of_the_simulator(recordings: Path, tmp_path: Path, name: str) -> None:
    sent = read_recording(recordings / f"{name}.gresb.gz")[:1300]
    capture(tmp_path / "a.pcapng", [SpwPacket(one.data) for one in sent])
    names = ("type", "last", "side", "ccd", "col", "row", "centre", "sequence")
    got = dissect(tmp_path / "a.pcapng", *(f"fee.{each}" for each in names), "fee.length")
    for one, told in zip(sent, got, strict=True):
        side, ccd = "FE".index(one.node[0]), "24".index(one.node[1])
        window = ("", "", "")
        if one.kind in (1, 3):
            _, row, col, pixels = one.window()
            window = (str(col), str(row), str(pixels[12]))
        sequence = str(int.from_bytes(one.data[8:10], "big"))
        last = str(int(one.last))
        assert told == (str(one.kind), last, str(side), str(ccd), *window, sequence, "")


def test_the_register_table_is_the_products() -> None:
    assert REGISTERS.read_text() == script()


def test_where_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["show", "--wireshark"])
    assert ended.value.code == 0
    assert Path(capsys.readouterr().out.strip()) == SCRIPT
