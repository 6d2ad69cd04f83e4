# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Event detection: C and model agree; the recordings of the simulator come out exactly."""

from __future__ import annotations

import itertools
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from recorded import read_recording
from strategies import frames, noise_frames, u16

from fsw_emu.core import Core, CoreError, Detection
from fsw_emu.model import edu as model


def sent(found: Detection) -> list[tuple[int, int, int, list[int]]]:
    return [
        (int(kind), int(r["row"]), int(r["col"]), r["pixels"].tolist())
        for kind, r in zip(found.kinds, found.records, strict=True)
    ]


thresholds = st.one_of(st.integers(0, 40), u16)
orders = st.sampled_from(["raster", "simulator"])


@pytest.mark.verifies("EDU-1..4", "EDU-6", "EDU-7", "EDU-10")
@given(
    frame=frames(),
    threshold=thresholds,
    limit=st.none() | st.integers(0, 5),
    order=orders,
    mask=st.none() | st.tuples(st.integers(1, 14), st.integers(1, 24)),
)
def test_agrees_with_the_model(core, frame, threshold, limit, order, mask) -> None:
    found = core.detect_events(
        frame, threshold=threshold, limit=limit, window_order=order, mask=mask
    )
    expected, n_dropped = model.detect(frame, threshold, limit, order, mask)
    assert sent(found) == expected
    assert found.n_dropped == n_dropped


def _detect_with_numpy(frame: NDArray[np.uint16], threshold: int) -> NDArray[np.int64]:
    """Raster order by whole-frame arithmetic: another judge, for larger frames."""
    f = frame.astype(np.int64)
    rows, cols = f.shape
    shifted = {
        (dr, dc): f[2 + dr : rows - 2 + dr, 2 + dc : cols - 2 + dc]
        for dr in range(-2, 3)
        for dc in range(-2, 3)
    }
    centre = shifted[0, 0]
    offsets = model.window_offsets("raster")
    background = np.median([shifted[offsets[k]] for k in model.BACKGROUND], axis=0)
    ring = [shifted[dr, dc] for dr in (-1, 0, 1) for dc in (-1, 0, 1) if dr or dc]
    return np.argwhere((centre >= background + threshold) & (centre > np.max(ring, axis=0))) + 2


@pytest.mark.verifies("EDU-1..4", "FEE-7")
@given(frame=noise_frames(), threshold=st.sampled_from([0, 10, 25, 40000]))
def test_agrees_with_numpy_on_larger_frames(core, frame, threshold) -> None:
    found = core.detect_events(frame, threshold=threshold).records
    where = np.stack([found["row"], found["col"]], axis=1)
    assert where.tolist() == _detect_with_numpy(frame, threshold).tolist()
    for event in found:
        window = frame[event["row"] - 2 : event["row"] + 3, event["col"] - 2 : event["col"] + 3]
        assert event["pixels"].tolist() == window.ravel().tolist()


@pytest.mark.parametrize("row", range(12))
def test_one_bright_row(core: Core, row: int) -> None:
    """Samples of 0x8000 and more in one row only, whichever it is."""
    frame = np.random.default_rng(row).integers(0, 0x8000, (12, 388), dtype=np.uint16)
    frame[row] |= 0x8000
    found = core.detect_events(frame, threshold=1000).records
    where = np.stack([found["row"], found["col"]], axis=1)
    assert where.tolist() == _detect_with_numpy(frame, 1000).tolist()


@pytest.mark.verifies("EDU-2", "EDU-3")
def test_equality_passes_and_a_plateau_does_not(core: Core) -> None:
    frame = np.full((7, 7), 100, np.uint16)
    frame[3, 3] = 1100
    assert len(core.detect_events(frame, threshold=1000).records) == 1
    assert len(core.detect_events(frame, threshold=1001).records) == 0
    frame[3, 4] = 1100
    assert len(core.detect_events(frame, threshold=1000).records) == 0


@pytest.mark.parametrize("order", ["raster", "simulator"])
@pytest.mark.parametrize("n_low", [5, 6])
def test_any_six_of_the_background_decide(core: Core, order: str, n_low: int) -> None:
    """A window for each choice of background pixels that are just low enough."""
    chosen = list(itertools.combinations(model.BACKGROUND, n_low))
    offsets = model.window_offsets(order)
    frame = np.full((5 * 7 + 1, 384), 101, np.uint16)
    places = [(5 * (i // 76) + 2, 5 * (i % 76) + 2) for i in range(len(chosen))]
    for (row, col), low in zip(places, chosen, strict=True):
        frame[row - 1 : row + 2, col - 1 : col + 2] = 0
        frame[row, col] = 1100
        for k in low:
            frame[row + offsets[k][0], col + offsets[k][1]] = 100
    found = core.detect_events(frame, threshold=1000, window_order=order).records  # type: ignore[arg-type]
    at = list(zip(found["row"].tolist(), found["col"].tolist(), strict=True))
    assert at == (places if n_low == 6 else [])


@pytest.mark.verifies("FEE-7")
def test_window_order_of_the_simulator(core: Core) -> None:
    """Seen on its wire: a neighbour at column + 1 is pixel 7, one at row + 1 pixel 13."""
    frame = np.full((40, 40), 100, np.uint16)
    frame[10, 20], frame[10, 21], frame[11, 20] = 2000, 777, 888
    (event,) = core.detect_events(frame, threshold=100, window_order="simulator").records
    assert event["pixels"][7] == 777
    assert event["pixels"][13] == 888


@pytest.mark.verifies("NODE-3", "EDU-1")
def test_a_row_of_the_node_has_every_column(core: Core) -> None:
    """Every column of the 384, even and odd rows: no seam between the tiles."""
    for row in (2, 3, 636):
        for first in range(2, 7):
            frame = np.full((639, 384), 500, np.uint16)
            frame[row, first:382:5] = 600
            found = core.detect_events(frame, threshold=100).records
            assert set(found["row"]) == {row}
            assert found["col"].tolist() == list(range(first, 382, 5))


@pytest.mark.verifies("EDU-4")
def test_wide_frames_keep_raster_order(core: Core) -> None:
    rng = np.random.default_rng(3)
    frame = rng.integers(0, 1000, (9, 1003), dtype=np.uint16)
    found = core.detect_events(frame, threshold=300).records
    where = np.stack([found["row"], found["col"]], axis=1)
    assert where.tolist() == _detect_with_numpy(frame, 300).tolist()


@pytest.mark.verifies("EDU-8", "EDU-9")
@given(row=st.integers(2, 637), col=st.integers(2, 382))
def test_mask_step_agrees_with_the_model(core, row, col) -> None:
    assert core.mask_step(row, col) == model.mask_step(row, col)


@pytest.mark.verifies("EDU-9")
def test_mask_cycle(core: Core) -> None:
    seen = [(2, 2)]
    while (step := core.mask_step(*seen[-1])) != (2, 2):
        seen.append(step)
    assert len(seen) == len(set(seen)) == 77 * 128


@pytest.mark.parametrize("bad", [(1, 2), (2, 1), (638, 2), (2, 383)])
def test_mask_outside_its_cycle_is_refused(core: Core, bad: tuple[int, int]) -> None:
    with pytest.raises(CoreError) as refused:
        core.mask_step(*bad)
    assert refused.value.status == -1


@pytest.mark.parametrize(
    ("frame", "error"),
    [
        (np.zeros((8, 8), np.int16), TypeError),
        (np.zeros((8, 8), np.float64), TypeError),
        ([[1, 2], [3, 4]], TypeError),
        (np.zeros(64, np.uint16), ValueError),
        (np.zeros((2, 8, 8), np.uint16), ValueError),
    ],
)
def test_frames_of_the_wrong_kind_are_refused(core: Core, frame: object, error: type) -> None:
    with pytest.raises(error):
        core.detect_events(frame, threshold=1)  # type: ignore[arg-type]


@pytest.mark.parametrize("option", [{"threshold": -1}, {"threshold": 65536},
                                    {"threshold": 1, "limit": -1},
                                    {"threshold": 1, "window_order": "spiral"}])  # fmt: skip
def test_options_out_of_range_are_refused(core: Core, option: dict[str, object]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        core.detect_events(np.zeros((8, 8), np.uint16), **option)  # type: ignore[arg-type]


def test_big_endian_and_sliced_frames_mean_the_same(core: Core) -> None:
    rng = np.random.default_rng(5)
    frame = rng.integers(0, 1000, (30, 40), dtype=np.uint16)
    plain = sent(core.detect_events(frame, threshold=100))
    assert sent(core.detect_events(frame.astype(">u2"), threshold=100)) == plain
    padded = np.zeros((30, 80), np.uint16)
    padded[:, ::2] = frame
    assert sent(core.detect_events(padded[:, ::2], threshold=100)) == plain


@pytest.mark.parametrize("room", [0, 1, 2, 3])
def test_room_for_less_drops_and_counts(csxi: SimpleNamespace, room: int) -> None:
    ffi, lib = csxi.ffi, csxi.lib
    frame = np.full((9, 20), 100, np.uint16)
    frame[4, 4:17:4] = 300  # 4 events
    pixels = ffi.from_buffer("uint16_t[]", frame)
    view = ffi.new("struct sxi_frame *", {"pixels": pixels, "n_rows": 9, "n_cols": 20})
    edu = ffi.new("struct sxi_edu *", {"threshold": 100, "limit": 0xFFFFFFFF})
    out = ffi.new("struct sxi_event[]", room + 1)
    ffi.memmove(out + room, b"\xa5" * 54, 54)
    assert lib.sxi_edu_detect(edu, view, out, ffi.NULL, room) == room
    assert (edu.n_events, edu.n_dropped) == (room, 4 - room)
    assert bytes(ffi.buffer(out + room, 54)) == b"\xa5" * 54


@pytest.mark.verifies("STAT-3")
def test_null_and_nonsense_change_nothing(csxi: SimpleNamespace) -> None:
    ffi, lib = csxi.ffi, csxi.lib
    pixels = ffi.new("uint16_t[64]")
    out, kinds = ffi.new("struct sxi_event[1]"), ffi.new("uint8_t[1]")

    def call(edu, view, out=out, kinds=kinds, room=1) -> None:  # type: ignore[no-untyped-def]
        before = bytes(ffi.buffer(edu)) if edu else b""
        assert lib.sxi_edu_detect(edu, view, out, kinds, room) == lib.SXI_STATUS_PARAM
        assert (bytes(ffi.buffer(edu)) if edu else b"") == before

    good = {"pixels": pixels, "n_rows": 8, "n_cols": 8}
    view = ffi.new("struct sxi_frame *", good)
    fields = {"threshold": 1, "limit": 9, "n_events": 7, "n_dropped": 8}
    edu = ffi.new("struct sxi_edu *", fields)
    call(ffi.NULL, view)
    call(edu, ffi.NULL)
    call(edu, view, out=ffi.NULL)
    call(edu, view, room=2**31)
    call(edu, ffi.new("struct sxi_frame *", good | {"pixels": ffi.NULL}))
    call(edu, ffi.new("struct sxi_frame *", good | {"n_rows": 65536, "n_cols": 0}))
    call(edu, ffi.new("struct sxi_frame *", good | {"n_rows": 0, "n_cols": 65536}))
    call(ffi.new("struct sxi_edu *", fields | {"window_order": 2}), view)
    call(ffi.new("struct sxi_edu *", fields | {"mask_row": 3, "mask_col": 3}), view, kinds=ffi.NULL)


@pytest.mark.verifies("FEE-7", "EDU-2..7", "EDU-10")
@pytest.mark.shared
@pytest.mark.parametrize(("name", "limit"), [("evsim_seed1", None), ("evsim_seed1_limit300", 300)])
def test_reproduces_the_recording(
    core: Core, recordings: Path, name: str, limit: int | None
) -> None:
    """Every packet of the simulator, window for window: events, masks, in their order."""
    frames_by_node = np.load(recordings / "evsim_seed1_frames.npz")
    packets = read_recording(recordings / f"{name}.gresb.gz")
    recorded: dict[str, list[tuple[int, int, int, list[int]]]] = {}
    mask = None
    for packet in packets:
        if packet.kind in (1, 3) and not packet.is_end_marker:
            recorded.setdefault(packet.node, []).append(packet.window())
            mask = (packet.row, packet.col) if packet.kind == 3 else mask
    left: dict[str, int] = {}
    for node in ("E2", "F2", "E4", "F4"):
        room = None if limit is None else limit - left.get(node[1], 0)
        found = core.detect_events(
            frames_by_node[node], threshold=100, limit=room, window_order="simulator", mask=mask
        )
        assert sent(found) == recorded.get(node, [])
        left[node[1]] = left.get(node[1], 0) + int((found.kinds == 1).sum())
