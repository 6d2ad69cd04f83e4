# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The commands ``show`` and ``ground``: what they print and how they end."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from downlink import downlink, entity, event_entity, image, tm_header
from recorded import read_recording

from fsw_emu.cli.main import main
from fsw_emu.core import HEADER_DTYPE, Core
from fsw_emu.ground.run import process
from fsw_emu.packets import pcap
from fsw_emu.packets.capture import framed
from fsw_emu.packets.ce import UV
from fsw_emu.packets.framings import gresb

SHOW = [sys.executable, "-m", "fsw_emu.cli.main", "show"]


def fee_packets(core: Core, *, data_len: str = "payload") -> list[bytes]:
    """Housekeeping, data, event, end marker."""
    out = []
    for kind, last, size in ((2, 1, 152), (0, 0, 768), (1, 0, 54), (1, 1, 54)):
        header = np.zeros(1, HEADER_DTYPE)
        header["type"], header["last"], header["data_len"] = kind, last, size
        header["side"], header["mode"], header["sequence"] = 1, 3, 9
        payload = bytearray(size)
        if kind == 1 and not last:
            payload[:6] = bytes([0, 20, 0, 10, 3, 0xE8])
        out.append(core.fee_header(header, data_len=data_len) + bytes(payload))
    return out


@pytest.fixture
def files(core: Core, tmp_path: Path) -> Path:
    """A folder with one file of each kind."""
    packets = fee_packets(core)
    recording = b"".join(map(gresb.build, packets))
    (tmp_path / "fee.gresb").write_bytes(recording)
    (tmp_path / "fee.gresb.gz").write_bytes(gzip.compress(recording))
    pcap_file = pcap.file_header() + b"".join(
        pcap.record(framed(p), time_ns=i) for i, p in enumerate(packets)
    )
    (tmp_path / "fee.pcap").write_bytes(pcap_file)
    sent = [event_entity(core, [30, 3]), entity(core, image((4, 165, 96)).tobytes(), product=UV)]
    other = [
        core.tm_build(tm_header(type=5, subtype=1, destination=1), b"\x03\x3b"),
        core.tm_build(tm_header(type=3, subtype=25, destination=2), b"\0\1" + bytes(40)),
        core.tm_build(tm_header(type=1, subtype=1, destination=3), b"\x19\x41\xc0\x07"),
        core.tm_build(tm_header(destination=4), b""),
        core.ldt_abort(tm_header(destination=5), sdu_id=2, reason=3),
    ]
    (tmp_path / "tm.bin").write_bytes(b"".join([*downlink(core, sent), *other]))
    (tmp_path / "good.bin").write_bytes(b"".join(downlink(core, sent)))
    (tmp_path / "one.ce").write_bytes(sent[0])
    (tmp_path / "summary.json").write_text(json.dumps({"a": {"b": 1}, "c": [1, 2]}))
    process(downlink(core, sent), tmp_path / "out", core)
    return tmp_path


def show(capsys: pytest.CaptureFixture[str], *args: object) -> tuple[int, list[str], str]:
    code = main(["show", *map(str, args)])
    out, err = capsys.readouterr()
    return code, out.splitlines(), err


@pytest.mark.parametrize("name", ["fee.gresb", "fee.gresb.gz", "fee.pcap"])
def test_recordings(files: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    code, lines, err = show(capsys, files / name)
    assert (code, len(lines), err) == (0, 4, "")
    first = 24 if name.endswith("pcap") else 0
    assert lines[0].split()[0] == str(first)
    assert "housekeeping   --  mode  3  frame     0  seq     9  152 bytes  last" in lines[0]
    assert "data           E2  mode  3  frame     0  seq     9  768 bytes" in lines[1]
    assert lines[2].endswith("row  10  col  20  peak 1000 ADU")
    assert lines[3].endswith("end of events")


def test_recordings_of_either_length_rule(
    core: Core, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "fee"
    path.write_bytes(b"".join(map(gresb.build, fee_packets(core, data_len="packet"))))
    assert show(capsys, path, "--data-len", "packet")[0] == 0
    code, lines, _ = show(capsys, path)
    assert code == 1
    assert "fault at byte 0: FEE packet: 162 bytes, the length field makes them 172" in lines


def test_error_ends_other_protocols_and_a_cut_end_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "fee"
    rmap = bytes.fromhex("50012c0051000900ed")
    stream = gresb.build(rmap) + gresb.build(b"\x50\xf0", eep=True, truncated=True) + b"\0\0"
    path.write_bytes(stream)
    code, lines, _ = show(capsys, path)
    assert code == 1
    assert lines[0].split()[:3] == ["0", "RMAP", "9"]
    assert lines[1] == "fault at byte 0: RMAP packet: header checksum"
    assert [line.split(":")[0] for line in lines[3:]] == [
        "fault at byte 13", "fault at byte 13", "fault at byte 19",
    ]  # fmt: skip


def test_telemetry(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, lines, _ = show(capsys, files / "tm.bin")
    assert code == 0
    assert lines[0].split() == [
        "0", "TM(13,1)", "count", "0", "dest", "0", "2018-01-01T00:16:40.250000Z", "S",
        "SDU", "1", "part", "1", "861", "bytes",
    ]  # fmt: skip
    assert [line.split("S  ")[1] if "S  " in line else "" for line in lines[-5:]] == [
        "event 827", "SID 1  42 bytes", "TC APID 321  count 7", "", "SDU 2  aborted, reason 3",
    ]  # fmt: skip


def test_damaged_telemetry_is_told_by_position(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = bytearray((files / "tm.bin").read_bytes())
    data[900] ^= 1
    (files / "tm.bin").write_bytes(data)
    code, lines, _ = show(capsys, files / "tm.bin")
    assert code == 1
    assert [line for line in lines if line.startswith("fault")] == [
        "fault at byte 886: telemetry: checksum mismatch, 886 bytes skipped",
        "fault at byte 1772: telemetry APID 321 destination 0: count 2 after 0: 1 packets missing",
    ]


def test_entity(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, lines, _ = show(capsys, files / "one.ce")
    assert code == 0
    assert "product                 5 (ED_WP)" in lines
    assert "key                     0x00000000" in lines
    assert "  NOfEvtDet             33" in lines
    assert "frame 1:" in lines
    assert "frame 1:" not in show(capsys, files / "one.ce", "--limit", 1)[1]
    (files / "one.ce").write_bytes((files / "one.ce").read_bytes()[:-2])
    code, lines, _ = show(capsys, files / "one.ce")
    assert code == 1
    assert lines[-1].startswith("fault at byte 0: entity: ce_unpack: ")


def test_fits_and_summary(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, lines, _ = show(capsys, files / "out" / "events.fits")
    assert code == 0
    assert [line.split()[1] for line in lines] == ["PRIMARY", "EVENTS", "WMASK"]
    data = bytearray((files / "out" / "events.fits").read_bytes())
    data[-2880] ^= 1  # the first byte of the last table
    (files / "bad.fits").write_bytes(data)
    assert show(capsys, files / "bad.fits")[0] == 1
    assert show(capsys, files / "summary.json") == (0, ["a.b: 1", "c: [1, 2]"], "")


@pytest.mark.parametrize("name", ["fee.gresb", "fee.pcap", "tm.bin"])
def test_limit(files: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    everything = show(capsys, files / name)[1]
    for n in (0, 1, 3):
        assert show(capsys, files / name, "--limit", n)[1] == everything[:n]


@pytest.mark.parametrize("args", [["--limit", "-1"], ["--limit", "x"], ["--data-len", "both"]])
def test_wrong_options_end_with_2(files: Path, args: list[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["show", str(files / "tm.bin"), *args])
    assert end.value.code == 2


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (None, "No such file"),
        (b"", "the file is empty"),
        (b"hello, world: this is no file of ours", "neither GRESB framing nor pcap"),
        (b"{ not json", "Expecting"),
        (b"SIMPLE  = but that is all", "SIMPLE"),
    ],
)
def test_wrong_files_end_with_2_and_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None, what: str
) -> None:
    path = tmp_path / "file"
    if content is not None:
        path.write_bytes(content)
    code, lines, err = show(capsys, path)
    assert (code, lines) == (2, [])
    assert err.startswith(f"fsw-emu show: {path}: ")
    assert what in err
    assert len(err.splitlines()) == 1


def test_a_folder_is_no_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert show(capsys, tmp_path)[0] == 2


def test_a_gzip_file_that_breaks_off_is_shown_as_far_as_it_goes(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = (files / "fee.gresb.gz").read_bytes()
    (files / "fee.gresb.gz").write_bytes(data[:-6])
    code, lines, _ = show(capsys, files / "fee.gresb.gz")
    assert code == 1
    assert len(lines) == 5
    assert "gzip" in lines[-1]


def test_a_reader_that_goes_away_is_no_error(core: Core, tmp_path: Path) -> None:
    path = tmp_path / "fee"
    path.write_bytes(b"".join(map(gresb.build, fee_packets(core) * 3000)))
    with subprocess.Popen(
        [*SHOW, str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as shown:
        assert shown.stdout is not None
        assert shown.stderr is not None
        assert shown.stdout.readline().split()[1] == b"housekeeping"
        shown.stdout.close()
        assert shown.stderr.read() == b""
        assert shown.wait(20) == 0


@pytest.mark.shared
@pytest.mark.parametrize("name", ["evsim_seed1", "ft_1_frame", "ft_event_detection_10_frames"])
def test_recordings_of_the_simulator(
    recordings: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    path = recordings / f"{name}.gresb.gz"
    expected = read_recording(path)
    code, lines, _ = show(capsys, path)
    assert (code, len(lines)) == (0, len(expected))
    assert sum("end of events" in x for x in lines) == sum(
        p.is_end_marker and p.kind == 1 for p in expected
    )
    for line, packet in zip(lines, expected, strict=True):
        if packet.kind == 1 and not packet.is_end_marker:
            _, row, col, pixels = packet.window()
            assert f" {packet.node} " in line
            assert line.endswith(f"row {row:>3}  col {col:>3}  peak {max(pixels)} ADU")


# ground


def ground(capsys: pytest.CaptureFixture[str], *args: object) -> tuple[int, list[str], str]:
    code = main(["ground", *map(str, args)])
    out, err = capsys.readouterr()
    return code, out.splitlines(), err


def test_ground_writes_files_and_a_summary(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = files / "new" / "folder"
    code, lines, err = ground(capsys, files / "good.bin", "--out", out)
    assert (code, err) == (0, "")
    assert lines[0].endswith(
        "2 entities, 2 event frames, 33 events, 8 wandering masks, 1 image products"
    )
    assert sorted(f"wrote {p}" for p in out.iterdir()) == sorted(lines[1:])


def test_ground_reports_faults_and_goes_on(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = bytearray((files / "good.bin").read_bytes())
    data[900] ^= 1
    (files / "bad.bin").write_bytes(data)
    code, lines, _ = ground(capsys, files / "bad.bin", "--out", files / "new")
    assert code == 1
    assert "1 entities, 0 event frames" in lines[0]
    assert sum(line.startswith("fault at byte ") for line in lines) == 3
    assert lines[-1] == "3 faults"


def test_ground_of_a_gzip_file_that_breaks_off(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    packed = gzip.compress((files / "good.bin").read_bytes())
    (files / "tm.gz").write_bytes(packed)
    assert ground(capsys, files / "tm.gz", "--out", files / "a")[0] == 0
    (files / "tm.gz").write_bytes(packed[:-10])
    code, lines, _ = ground(capsys, files / "tm.gz", "--out", files / "b")
    assert code == 1
    assert any("gzip" in line for line in lines)


def test_ground_wrong_use_ends_with_2_and_one_line(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (files / "noise").write_bytes(b"no telemetry" * 100)
    for tm, out, what in (
        ("none.bin", "new", "none.bin: No such file"),
        ("noise", "new", "no telemetry packet"),
        ("good.bin", "noise", "noise: File exists"),
        ("good.bin", "noise/below", "Not a directory"),
    ):
        code, lines, err = ground(capsys, files / tm, "--out", files / out)
        assert (code, lines, len(err.splitlines())) == (2, [], 1)
        assert err.startswith("fsw-emu ground: ")
        assert what in err
