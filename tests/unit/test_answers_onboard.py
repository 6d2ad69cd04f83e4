# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Each other answer to a question of the science chain or the ground does what its words say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from answers import CORE, FILTER, group, images, per_frame, readouts, through, unpacked
from astropy.io import fits
from downlink import downlink, entity, packets
from hypothesis import given
from hypothesis import strategies as st

from fsw_emu.dpu.science.masks import as_read
from fsw_emu.dpu.science.settings import FilterSettings
from fsw_emu.ground.reading import Reading
from fsw_emu.ground.run import process
from fsw_emu.packets.fee import EVENT, NODES, WANDERING_MASK
from fsw_emu.scene import Scene

HITS = ((10, 20, 100), (100, 200, 700))  # the second is too bright


def masks_of(**bad: list[tuple[int, int]]) -> dict[str, bytes]:
    masks = {}
    for node, places in bad.items():
        pixels = np.zeros((639, 384), np.bool_)
        for place in places:
            pixels[place] = True
        masks[node] = CORE.bad_pixel_mask(pixels)
    return masks


# On board


@pytest.mark.verifies("A7")
def test_a7_none_leaves_science_data_as_they_are() -> None:
    for codec, key in (("none", 0), ("aec", 0x00014110)):
        _, (made,) = through(readouts(), codec=codec)
        assert unpacked(made).header.key == key
        assert made.data.endswith(made.science) == (codec == "none")


@pytest.mark.verifies("A7", "A70", "KEY-10")
def test_a7_auto_sends_packets_of_events() -> None:
    _, (made,) = through(readouts(), codec="auto")
    entity = unpacked(made)
    assert (entity.header.key, entity.science) == (0x1040, made.science)
    assert 0xC8 <= made.data[44 + entity.header.compressed_meta_size] <= 0xCA


@pytest.mark.verifies("A7", "KEY-10")
def test_a7_aec_packets_decode_alone() -> None:
    _, (made,) = through(readouts(), codec="aec-packets")
    entity = unpacked(made)
    assert entity.science == made.science
    assert entity.header.key != 0x00014110
    assert 0xC8 <= made.data[44 + entity.header.compressed_meta_size] <= 0xCA


@pytest.mark.verifies("A8")
def test_a8_absolute_thresholds_stay_where_the_pedestal_is() -> None:
    for pedestal in (100, 500):
        follow, _ = through(readouts(), filter=FilterSettings(pedestal=pedestal))
        assert follow.thresholds is not None
        assert follow.thresholds.centre_max == pedestal + 600
        absolute = FilterSettings(
            centre_max=5000, ring_sum_max=1200, ring_max=200, pedestal=pedestal
        )
        fixed, _ = through(readouts(), filter=absolute)
        assert list(vars(fixed.thresholds).values()) == [5000, 1200, 200, 4]


@pytest.mark.verifies("A9")
def test_a9_pedestal_of_masks_windows_or_given_130() -> None:
    """Windows of events lie on 530 ADU here, the wandering mask on 500."""
    around = tuple((r, c, 30) for r in range(8, 13) for c in range(18, 23) if (r, c) != (10, 20))
    made = readouts(hits=((10, 20, 130), *around))
    cases: list[tuple[Any, Any, int, str]] = [
        ("masks", None, 500, "wandering mask"),
        ("windows", None, 530, "event windows"),
        ("masks", 130, 130, "option"),
    ]
    for source, value, pedestal, told in cases:
        setup = FilterSettings(pedestal=value, pedestal_from=source)
        chain, _ = through(readouts_without_mask_windows(made, source), filter=setup)
        assert (chain.pedestal, chain.pedestal_from) == (pedestal, told)


def readouts_without_mask_windows(made: list[bytes], source: str) -> list[bytes]:
    """For the median of all windows only those of events."""
    return made if source == "masks" else [p for p in made if p[5] & 3 != WANDERING_MASK]


@pytest.mark.verifies("A11")
def test_a11_counter_leaves_room_for_lost_frames() -> None:
    made = readouts(5)
    kept = [p for p in made if int.from_bytes(p[6:8], "big") != 3]
    for answer, expected in (("index", [0, 10, 20, 30]), ("counter", [0, 10, 30, 40])):
        _, (one,) = through(kept, frame_time=answer, t0_s=0)
        assert per_frame(one, "sdpProductStarttimeCrs") == expected


@pytest.mark.verifies("A11")
@pytest.mark.parametrize(
    ("counters", "expected"),
    [([65_534, 65_535, 0, 1], [0, 10, 20, 30]), ([7, 0, 1], [0, 0, 0]), ([5, 6, 5], [0, 10, 0])],
)
def test_a11_counter_goes_round_and_may_step_back(counters: list[int], expected: list[int]) -> None:
    made = []
    for counter in counters:
        made += [p[:6] + counter.to_bytes(2, "big") + p[8:] for p in readouts(1)]
    _, (one,) = through(made, frame_time="counter", t0_s=0)
    assert per_frame(one, "sdpProductStarttimeCrs") == expected


@pytest.mark.verifies("A12")
def test_a12_period_of_10_13_s() -> None:
    _, (one,) = through(readouts(), frame_period_ms=10_130, t0_s=100)
    assert group(one, "FRMintSyncPeriod") == 10_130
    assert per_frame(one, "sdpProductStarttimeCrs") == [100, 110]
    assert per_frame(one, "sdpProductStarttimeFine") == [0, 130_000]


@pytest.mark.verifies("A13")
def test_a13_group_of_1_or_12() -> None:
    assert len(through(readouts(3), event_frames_per_entity=1)[1]) == 3
    assert len(through(readouts(3), event_frames_per_entity=12)[1]) == 1


@pytest.mark.verifies("A14")
def test_a14_ed_has_no_masks() -> None:
    _, (with_them,) = through(readouts())
    _, (without,) = through(readouts(), masks=False)
    assert (with_them.header.product, without.header.product) == (5, 0)
    assert len(with_them.science) - len(without.science) == 8 * 64
    assert {without.science[at + 5] & 3 for at in range(0, len(without.science), 64)} == {EVENT}


@pytest.mark.verifies("A16")
def test_a16_missing_pixels_hold_0() -> None:
    made = images(1, (639, 384))
    del made[5]  # row 4 of E2
    for answer in (0, 65_535):
        _, (one,) = through(made, missing_pixel=answer)
        assert unpacked(one).header.integrity == 1
        pixels = np.frombuffer(one.science, ">u2").reshape(4, 639, 384)
        assert np.all(pixels[0, 4] == answer)
        assert np.array_equal(pixels[0, 5], (5 * 384 + np.arange(384)).astype(np.uint16))


@pytest.mark.verifies("A17")
def test_a17_all_members_of_a_stack_have_metadata(tmp_path: Path) -> None:
    made = images(3, (165, 96))
    for answer, members, expected in (
        ("one", [1, 1], [[0], [20]]),
        ("all", [2, 1], [[0, 10], [20]]),
    ):
        _, entities = through(made, binning=24, stack=2, stack_members=answer, t0_s=0)
        assert [e.header.members for e in entities] == members
        assert [per_frame(e, "sdpProductStarttimeCrs") for e in entities] == expected
        result = process([p for e in entities for p in e.packets], tmp_path / answer, CORE)
        assert (result.images, result.faults) == (2, ())
        with fits.open(tmp_path / answer / "image_00000_UV.fits") as hdus:
            assert np.array_equal(hdus["E2"].data.ravel(), 2 * np.arange(165 * 96))
        assert CORE.tm_parse(entities[0].packets[0])[0].coarse == 20  # the last frame's end


@pytest.mark.verifies("A19")
@given(st.integers(0, 638), st.integers(0, 383))
def test_a19_lsb_and_lsb32_reject_the_mirrored_pixel(row: int, col: int) -> None:
    (mask,) = masks_of(E2=[(row, col)]).values()
    for bits, mirrored in (
        ("msb", col),
        ("lsb", col // 8 * 8 + 7 - col % 8),
        ("lsb32", col // 32 * 32 + 31 - col % 32),
    ):
        read = as_read({"E2": mask}, bits=bits)["E2"]  # type: ignore[arg-type]
        assert CORE.bad_pixel(read, row, mirrored)
        assert int(np.unpackbits(np.frombuffer(read, np.uint8)).sum()) == 1


@pytest.mark.verifies("A19")
def test_a19_lsb_masks_let_the_bad_pixel_through() -> None:
    masks = masks_of(E2=[(10, 20)])
    for bits, rejected in (("msb", 2), ("lsb", 0), ("lsb32", 0)):
        chain, _ = through(readouts(), bad_pixels=as_read(masks, bits=bits))  # type: ignore[arg-type]
        assert chain.counts.rejected.bad_pixel == rejected


@pytest.mark.verifies("A20")
def test_a20_reserved_bits_are_cleared() -> None:
    made = readouts(1)
    hk = bytearray(made[0])
    hk[10 + 128 : 10 + 132] = hk[10 + 136 : 10 + 140] = b"\xff" * 4
    for answer, status, errors in (
        ("kept", 0xFFFFFFFF, 0xFFFFFFFF),
        ("cleared", 0x03FFFF3F, 0x000007E3),
    ):
        _, (one,) = through([bytes(hk), *made[1:]], hk_reserved=answer)
        assert per_frame(one, "FRMHKspwStatus") == [status]
        assert per_frame(one, "FRMHKerrorFlags") == [errors]


@pytest.mark.verifies("A21")
def test_a21_versions_of_entities_2_1_1() -> None:
    for versions in ((1, 1, 1), (2, 1, 1), (65_535, 2, 3)):
        _, (one,) = through(readouts(), versions=versions)
        header = unpacked(one).header
        assert (header.version, header.build, header.sdp_version) == versions


@pytest.mark.verifies("A22")
def test_a22_running_counters_are_sums_of_those_of_entities() -> None:
    names = ("EvtBadPixelCount", "EvtFilterCount1", "EvtFilterCount2", "EvtFilterCount3",
             "sdpEvtCtr")  # fmt: skip
    made: dict[str, Any] = {"bad_pixels": masks_of(F2=[(10, 20)]), "event_frames_per_entity": 1}
    _, by_entity = through(readouts(3, hits=HITS), **made)
    _, running = through(readouts(3, hits=HITS), **made, event_counters="running")
    each = np.array([[group(e, name) for name in names] for e in by_entity])
    told = np.array([[group(e, name) for name in names] for e in running])
    assert each[0].tolist() == [1, 4, 0, 0, 8]
    assert np.array_equal(told, each.cumsum(axis=0))
    kept = [[group(e, "NOfEvtDet") for e in entities] for entities in (by_entity, running)]
    assert kept == [[3, 3, 3]] * 2


@pytest.mark.verifies("A27")
def test_a27_an_entity_of_100_events_at_most() -> None:
    hits = tuple((10 * i, 10 * j, 100) for i in range(1, 8) for j in range(1, 9))  # 224 a frame
    chain, entities = through(readouts(2, hits=hits), entity_events=100)
    assert [group(e, "NOfEvtDet") for e in entities] == [100, 100]
    assert [unpacked(e).header.integrity for e in entities] == [1, 1]
    assert [f.what for f in chain.faults] == ["124 events beyond 100 in a frame"] * 2
    chain, (one,) = through(readouts(2, hits=hits), entity_events=65_535)
    assert (group(one, "NOfEvtDet"), len(chain.faults)) == (448, 0)


@pytest.mark.verifies("A33")
def test_a33_a_mask_per_ccd_rejects_on_both_sides_or_per_node_on_one() -> None:
    masks = masks_of(E2=[(10, 20)], F2=[], F4=[(1, 1)])
    for per, rejected in (("node", 1), ("ccd", 2)):
        read = as_read(masks, per=per)  # type: ignore[arg-type]
        chain, _ = through(readouts(1), bad_pixels=read)
        assert chain.counts.rejected.bad_pixel == rejected
    assert CORE.bad_pixel(as_read(masks, per="ccd")["E4"], 1, 1)
    assert not CORE.bad_pixel(as_read(masks, per="ccd")["E4"], 10, 20)


@pytest.mark.verifies("A39")
def test_a39_destination_32_is_byte_9() -> None:
    for destination in (0, 32):
        _, (one,) = through(readouts(), destination=destination)
        assert {packet[9] for packet in one.packets} == {destination}


@pytest.mark.verifies("A40")
def test_a40_counter_of_events_seen_or_zero() -> None:
    for answer, value in (("seen", 16), ("zero", 0)):
        _, (one,) = through(readouts(2, hits=HITS), evt_ctr=answer)
        assert group(one, "sdpEvtCtr") == value


# Ground


def frames_told(tmp_path: Path, windows: list[Any], counts: list[int], **answers: Any) -> Any:
    """CCDFRAME of events and, where there are any, of masks."""
    made = entity(CORE, packets(CORE, windows), counts=counts)
    process(downlink(CORE, [made]), tmp_path, CORE, reading=Reading(**answers))
    with fits.open(tmp_path / "events.fits") as hdus:
        return [
            hdus[name].data["CCDFRAME"].tolist() for name in ("EVENTS", "WMASK") if name in hdus
        ]


@pytest.mark.verifies("A15")
def test_a15_masks_as_shown_of_the_frame_before_or_the_next(tmp_path: Path) -> None:
    """F2's mask ends frame 0 after its last event, E2's begins frame 1."""
    windows = [
        ("E2", EVENT, 1, 1, 10, 20),
        ("F2", WANDERING_MASK, 1, 2, 2, 2),
        ("E2", WANDERING_MASK, 2, 1, 2, 7),
        ("E2", EVENT, 2, 2, 10, 20),
    ]
    for answer, masks in (("shown", [0, 1]), ("before", [0, 0]), ("next", [1, 1])):
        told = frames_told(tmp_path / answer, windows, [1, 1], mask_frame=answer)
        assert told == [[0, 1], masks]


@pytest.mark.verifies("A18")
def test_a18_uv_of_160x99(tmp_path: Path) -> None:
    seen = Scene("quiet", uv_shape=(160, 99)).uv_frames(0)
    assert {frame.shape for frame in seen.values()} == {(160, 99)}
    for shape in ((165, 96), (160, 99)):
        _, (one,) = through(images(1, shape), binning=24, uv_shape=shape)
        out = tmp_path / str(shape[0])
        result = process(one.packets, out, CORE, reading=Reading(uv_shape=shape))
        assert not result.faults
        with fits.open(out / "image_00000_UV.fits") as hdus:
            for node in NODES:
                expected = np.arange(15_840).reshape(shape)
                assert np.array_equal(hdus[node].data, expected)


@pytest.mark.verifies("A23")
def test_a23_ccdframe_is_fee_counter_or_running(tmp_path: Path) -> None:
    windows = [("E2", EVENT, 9, 1, 10, 20), ("E2", EVENT, 12, 1, 10, 20)]
    assert frames_told(tmp_path / "a", windows, [1, 1], ccd_frame="fee")[0] == [9, 12]
    assert frames_told(tmp_path / "b", windows, [1, 1], ccd_frame="running")[0] == [0, 1]


@pytest.mark.verifies("A38")
def test_a38_fine_time_in_microseconds_or_binary_parts(tmp_path: Path) -> None:
    """The entity is of 1000 s and 250,000: a quarter of a second, or 250000 / 2^24."""
    windows = [("E2", EVENT, 1, 1, 10, 20)]
    coarse_of_16_bits = 250_000 >> 8 << 8
    for answer, parts in (("microseconds", 10**6), ("binary", 1 << 24)):
        frames_told(tmp_path / answer, windows, [1], fine_time=answer)
        with fits.open(tmp_path / answer / "events.fits") as hdus:
            assert hdus["EVENTS"].data["TIME"].tolist() == [1000 + 250_000 / parts]
            text = hdus["EVENTS"].header["DATE-OBS"]
        assert text.endswith(f":40.{coarse_of_16_bits * 10**6 // parts:06d}")


def test_the_filter_of_these_tests_keeps_what_is_dim() -> None:
    assert FILTER.centre_max == 1100
    chain, _ = through(readouts(1, hits=HITS))
    assert (chain.counts.events_kept, chain.counts.rejected.centre) == (4, 4)
