# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""``fsw-emu show`` of what crossed a link: a line an item, faults behind it, nothing raised."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw_emu.cli.main import main
from fsw_emu.cli.show_packets import recording_lines
from fsw_emu.packets.capture import CaptureWriter
from fsw_emu.packets.fault import Fault
from fsw_emu.packets.pus import SmileTime, build_tc, build_tm
from fsw_emu.packets.spacewire import PTP_PREFIX, Item, SpwPacket, TimeCode

TIME_NS = 1_779_148_800 * 10**9
#: from the standard's worked patterns, and the test of a sibling's tools
WRITE = bytes.fromhex("fe016c0067000000a00000000000109f0123456789abcdef101112131415161756")
WRITE_REPLY = bytes.fromhex("67012c00fe0000ed")
READ_REPLY = bytes.fromhex("67010c00fe0001000000106d0123456789abcdef101112131415161756")
VERIFIED = bytes.fromhex("51017cd15000560000000010000004cd11223344ca")
RMW = bytes.fromhex("11fe015d000000008867000500a0000010000008c60702a0000f83e0ff1d")

SHOWN = [
    (SpwPacket(WRITE), "RMAP command write tid 0 0xA0000000 16 bytes 01 23 45", []),
    (SpwPacket(WRITE_REPLY), "RMAP reply write tid 0 ok", []),
    (SpwPacket(READ_REPLY), "RMAP reply read tid 1 ok 16 bytes 01 23 45", []),
    (SpwPacket(VERIFIED), "RMAP command write verified tid 86 0x00000010 4 bytes 11 22", []),
    (SpwPacket(RMW), "RMAP command read-modify-write tid 5 0xA0000010 8 bytes 07 02", []),
    (SpwPacket(WRITE[:-1] + b"\0"), "RMAP command write", ["invalid data crc"]),
    (SpwPacket(READ_REPLY[:-4]), "RMAP reply read tid 1 ok", ["early eop"]),
    (SpwPacket(WRITE_REPLY[:-1] + b"\0"), "RMAP 8 bytes 67 01", ["header checksum"]),
    (SpwPacket(b"\x50\x77\x01", eep=True), "unknown 3 bytes 50 77 01", ["error end of packet"]),
    (SpwPacket(b"", truncated=True), "unknown 0 bytes", ["cut by the recording"]),
    (TimeCode(5), "time-code 5", []),
    (TimeCode(63, 2), "time-code 63 flags 2", []),
    (
        SpwPacket(
            PTP_PREFIX
            + build_tm(apid=332, count=7, type=5, subtype=1, destination=2,
                       time=SmileTime(1000, 5), data=b"\x03\x3b")
        ),
        "CCSDS TM(5,1) count 7 dest 2 2018-01-01T00:16:40.000005Z S event 827",
        [],
    ),
    (
        SpwPacket(PTP_PREFIX + build_tc(apid=321, count=9, type=17, subtype=1)[:-1] + b"\0"),
        "CCSDS TC(17,1) count 9 APID 321",
        ["checksum mismatch"],
    ),
    (SpwPacket(PTP_PREFIX + b"\0"), "CCSDS 5 bytes", ["space packet header"]),
]  # fmt: skip


def capture(items: list[Item], **options: str) -> bytes:
    writer = CaptureWriter()
    stream = writer.begin("")
    for i, item in enumerate(items):
        stream += writer.build([item], time_ns=TIME_NS + i, **options)  # type: ignore[arg-type]
    return stream


@pytest.mark.parametrize(("item", "text", "faults"), SHOWN)
def test_each_kind(item: Item, text: str, faults: list[str]) -> None:
    line, *told = recording_lines([capture([item])], None, counts_header=False)
    assert isinstance(line, str)
    assert " ".join(line.split()[2:]).startswith(text)
    assert [isinstance(one, Fault) for one in told] == [True] * len(faults)
    assert all(what in str(one) for what, one in zip(faults, told, strict=True))


@pytest.mark.verifies("REC-1", "REC-5", "REC-6")
def test_time_direction_and_link(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "link.pcapng"
    codes: list[Item] = [TimeCode(count) for count in range(3)]
    path.write_bytes(capture(codes, direction="out", interface="fee"))
    assert main(["show", str(path)]) == 0
    assert [line.split()[1:] for line in capsys.readouterr().out.splitlines()] == [
        [f"0.00000000{count}", "fee", "out", "time-code", str(count)] for count in range(3)
    ]


@given(
    st.lists(
        st.builds(
            SpwPacket,
            st.builds(
                lambda path, protocol, rest: path + b"\x51" + protocol + rest,
                st.sampled_from([b"", b"\x01\x02"]),
                st.sampled_from([b"\x01", b"\x02", b"\xf0", b"\x33"]),
                st.binary(max_size=60),
            ),
            eep=st.booleans(),
        )
    )
)
def test_any_packet_has_one_line(packets: list[SpwPacket]) -> None:
    lines = list(recording_lines([capture(list(packets))], None, counts_header=False))
    assert sum(isinstance(line, str) for line in lines) == len(packets)
