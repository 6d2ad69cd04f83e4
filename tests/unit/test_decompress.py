# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The command ``decompress``: damaged files, and such that no ``compress`` wrote."""

from __future__ import annotations

import re
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from image_files import SHAPE, noise, npy, run

from fsw_emu.codecs.container import MAGIC, Description, Found, sections, tagged
from fsw_emu.codecs.frames import compress_frames, decompress_frames
from fsw_emu.core import Core

LOST = re.compile(r"lost: frame (\d+): rows (\d+) to (\d+)")


@pytest.fixture
def compressed(tmp_path: Path) -> Path:
    """A file of small packets; the frames are beside it."""
    path = npy(tmp_path, noise())
    assert run("compress", path, "--packet-bytes", 256) == 0
    return tmp_path / "frames.npy.sxr"


def recovered(path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[Any, Any]:
    """The frames of a damaged file, and the rows that were told as lost."""
    capsys.readouterr()
    out = path.with_name("back.npy")
    code = run("decompress", path, "--out", out)
    said = capsys.readouterr().out
    lost = np.zeros(SHAPE[:2], bool)
    for frame, first, last in LOST.findall(said):
        lost[int(frame), int(first) : int(last) + 1] = True
    assert code == int(lost.any() or "left over" in said)
    return np.load(out), lost


def test_damage_costs_rows_that_are_told(
    compressed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A flipped bit, a hole and rubbish, wherever they are."""
    good, frames = compressed.read_bytes(), noise()
    for at in range(0, len(good), 97):
        for damaged in (
            good[:at] + bytes([good[at] ^ 4]) + good[at + 1 :],
            good[:at] + good[at + 30 :],
            good[:at] + b"\xc1\x02\xc2" * 20 + good[at:],
        ):
            compressed.write_bytes(damaged)
            there, lost = recovered(compressed, capsys)
            assert np.array_equal(there[~lost], frames[~lost])
            assert not there[lost].any()
            assert lost.sum() <= 20  # the rows of two packets


@pytest.mark.parametrize("dtype", ["<u2", "<i2", ">i2"])
def test_a_file_that_breaks_off(
    tmp_path: Path, dtype: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What came is used; lost rows are 0, whatever the type."""
    path = npy(tmp_path, noise(dtype=dtype))
    run("compress", path, "--codec", "none", "--packet-bytes", 512, "--out", tmp_path / "c")
    data = (tmp_path / "c").read_bytes()
    for part in (data[: len(data) // 2], data[len(data) // 2 :]):
        (tmp_path / "c").write_bytes(part)
        there, lost = recovered(tmp_path / "c", capsys)
        assert 0.4 < lost.mean() < 0.6
        assert np.array_equal(there[~lost], noise(dtype=dtype)[~lost])
        assert not there[lost].any()


@pytest.mark.parametrize("keep", [0, 5, 40])
def test_without_a_description_nothing_can_be_done(
    compressed: Path, keep: int, capsys: pytest.CaptureFixture[str]
) -> None:
    compressed.write_bytes(compressed.read_bytes()[:keep])
    assert run("decompress", compressed, "--out", compressed.with_name("b.npy")) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("damage", [slice(0), slice(0, 60), slice(-60, None)])
def test_of_files_behind_each_other_the_first_is_read(
    compressed: Path, damage: slice, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whichever of its descriptions is damaged; that others are there is told."""
    first = bytearray(compressed.read_bytes())
    first[damage] = bytes(len(first[damage]))
    run("compress", npy(compressed.parent, noise(seed=2)), "--out", compressed)
    compressed.write_bytes(first + compressed.read_bytes())
    there, lost = recovered(compressed, capsys)
    assert np.array_equal(there[~lost], noise()[~lost])
    assert lost.mean() < 0.1
    if damage == slice(0):
        run("decompress", compressed, "--out", compressed.with_name("b.npy"))
        assert "bytes before or behind it are left over" in capsys.readouterr().out


def test_packets_of_other_stacks_are_left_out(core: Core, compressed: Path) -> None:
    """A packet of another shape costs no row, even with a good tag."""
    data = compressed.read_bytes()
    block = data[: 16 + int.from_bytes(data[8:12])]
    for shape in ((1, 40, 64), (3, 41, 64), (3, 639, 384)):
        other = tagged(core, block[12:16], 0, compress_frames(noise(shape))[:1])
        compressed.write_bytes(block + other + data[len(block) :])
        assert run("decompress", compressed, "--out", compressed.with_name("b.npy")) == 0
        assert np.array_equal(np.load(compressed.with_name("b.npy")), noise())


def test_packets_that_are_whole_and_yet_none(
    core: Core, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Their section is lost, the others are not."""
    good = compress_frames(noise((1, 40, 64)), codec="none")
    short = b"\xc0\0\x16" + good[0][3:20]
    short += core.crc16(short).to_bytes(2)
    block = told(2, 40, 64, 1).block()
    packets = tagged(core, block[12:16], 0, good) + tagged(core, block[12:16], 1, [short])
    (tmp_path / "c").write_bytes(block + packets + block)
    assert run("decompress", tmp_path / "c", "--out", tmp_path / "b") == 1
    assert "lost: frame 1: rows 0 to 39" in capsys.readouterr().out
    samples = np.fromfile(tmp_path / "b", "<u2").reshape(2, 40, 64)
    assert np.array_equal(samples[0], noise((1, 40, 64))[0])
    assert not samples[1].any()


@pytest.mark.parametrize("models", [False, True])
def test_without_a_whole_packet_nothing_is_written(
    core: Core, tmp_path: Path, models: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """However large it says that it is."""
    block = (told(1, 40, 64) if models else told(65536, 46340, 46340)).block()
    only = [each for each in compress_frames(noise((1, 40, 64))) if each[0] == 0xC4]
    (tmp_path / "c").write_bytes(block + tagged(core, block[12:16], 0, only * models) + block)
    assert run("decompress", tmp_path / "c", "--out", tmp_path / "b") == 2
    assert "no packet of it is whole" in capsys.readouterr().err
    assert not (tmp_path / "b").exists()


def test_a_lack_of_memory_is_told(
    compressed: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def lack(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr("fsw_emu.codecs.frames.default_core", lack)
    for command, path in (("compress", compressed.with_suffix("")), ("decompress", compressed)):
        assert run(command, path, "--out", compressed.with_name("b")) == 2
        assert "more memory needed" in capsys.readouterr().err


@pytest.mark.parametrize("text", [b"[" * 100_000, b"[]", b"{}", b'{"version":1,"image":{}}'])
def test_the_second_description_is_tried(compressed: Path, text: bytes) -> None:
    """Whatever the first one says, with a good checksum."""
    data = compressed.read_bytes()
    block = struct.pack(">8sII", MAGIC, len(text), zlib.crc32(text)) + text
    compressed.write_bytes(block + data[int.from_bytes(data[8:12]) + 16 :])
    assert run("decompress", compressed, "--out", compressed.with_name("b.npy")) == 0
    assert np.array_equal(np.load(compressed.with_name("b.npy")), noise())


def test_headers_have_a_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One that compress keeps to, and decompress reads no further."""
    path = npy(tmp_path, noise())
    assert run("compress", path, "--out", tmp_path / "c") == 0
    monkeypatch.setattr("fsw_emu.codecs.container.MAX_DESCRIPTION", 100)
    assert run("decompress", tmp_path / "c", "--out", tmp_path / "b.npy") == 2
    assert "both its descriptions are damaged" in capsys.readouterr().err
    assert run("compress", path) == 2
    assert "headers of more than" in capsys.readouterr().err


def told(frames: int, rows: int, cols: int, section_frames: int = 0) -> Description:
    image = {"file": "npy", "dtype": "<u2", "shape": [frames, rows, cols], "header": ""}
    return Description(frames, rows, cols, 0, 0, image, 0, section_frames)


@pytest.mark.parametrize(
    "made",
    [(0, 1, 1), (1, 0, 1), (1, 1, 65536), (1, 4, 4, 5000), (2, 4096, 4096, 2), (1 << 30, 9, 9)],
)
def test_sizes_that_no_file_has_are_refused(made: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="frame"):
        told(*made)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"version":1', b'"version":2'),
        (b'"version":1', b'"edition":1'),
        (b'"frames":3', b'"frames":"3"'),
        (b'"frames":3', b'"frames":4'),
        (b'"frames":3', b'"frames":0'),
        (b'"fill":0', b'"fill":-1'),
        (b'"section_frames":32', b'"section_frames":-2'),
        (b'"file":"npy"', b'"file":"fits"'),
        (b'"file":"npy"', b'"file":"exe"'),
        (b'"dtype":"<u2"', b'"dtype":"|O8"'),
        (b'"shape":[3,40,64]', b'"shape":[3,40,65]'),
        (b'"shape":[3,40,64]', b'"shape":null'),
        (b'"image":{', b'"image":[],"i":{'),
        (b"{", b"["),
    ],
)
def test_a_description_of_another_kind_is_refused(
    compressed: Path, old: bytes, new: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    """With a good checksum."""
    data = compressed.read_bytes()
    text = data[16 : 16 + int.from_bytes(data[8:12])]
    assert old in text or b"section" in old
    text = text.replace(old, new, 1)
    if b"section" in old:
        text = re.sub(rb'"section_frames":\d+', new, text)
    block = struct.pack(">8sII", MAGIC, len(text), zlib.crc32(text)) + text
    compressed.write_bytes(block + data[len(text) : -len(text)] + block)
    capsys.readouterr()
    assert run("decompress", compressed, "--out", compressed.with_name("b.npy")) == 2
    assert capsys.readouterr().err.count("\n") == 1


@given(data=st.data())
def test_sections_come_back_in_their_order(core: Core, data: st.DataObject) -> None:
    """Of whatever is between them, and whichever are missing."""
    stacks = {i: noise((1, 2, 8), seed=i) for i in data.draw(st.sets(st.integers(0, 9)))}
    rubbish = st.binary(max_size=60)
    parts = [data.draw(rubbish)]
    for i in sorted(stacks):
        parts += [tagged(core, b"abcd", i, compress_frames(stacks[i])), data.draw(rubbish)]
    stream = b"".join(parts)
    found = Found(told(10, 2, 8, 1), b"abcd", 0, len(stream), 0)
    for i, packets in enumerate(sections(core, stream, found)):
        assert bool(packets) == (i in stacks)
        if packets:
            assert np.array_equal(decompress_frames(packets)[0], stacks[i])
