# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What compression is measured on and by: the data never change, and a wrong figure is found."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from functools import partial
from xml.etree import ElementTree

import compression_codecs as codecs
import compression_data as data
import compression_plot as plot
import compression_sets as sets
import numpy as np
import pytest

import fsw_emu

FRAMES = sets.frames(5)[:2, :64]


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def test_the_sets_are_those_that_peers_were_measured_on() -> None:
    assert digest(sets.frames(5).tobytes()) == "37baa602b407bacf"
    assert digest(sets.event_packets()) == "39502e2bbba521ee"
    assert digest(b"".join(sets.housekeeping())) == "73b4c6c374ee2c5b"


def test_limits_are_those_of_noise() -> None:
    rng = np.random.default_rng(1)
    noise = np.rint(rng.normal(500, 5, (2, 639, 384))).astype(np.uint16)
    assert data.frame_limit(noise) == pytest.approx(data.noise_limit(5), abs=0.02)
    assert data.entropy(np.arange(256)) == 8
    assert data.entropy(np.zeros(9)) == 0


@pytest.mark.parametrize(
    "coder", [codecs.our_aec(), *codecs.peers_of_frames()], ids=lambda c: c.name
)
def test_coders_give_back_what_they_got(coder: codecs.Coder) -> None:
    assert codecs.measure(coder, FRAMES).coded < FRAMES.nbytes


def test_one_that_does_not_is_found() -> None:
    coder = codecs.our_aec()
    wrong = replace(coder, decode=lambda coded, x: coder.decode(coded, x) + np.uint16(1))
    with pytest.raises(ValueError, match="not lossless"):
        codecs.measure(wrong, FRAMES)


def test_memory_is_found() -> None:
    assert codecs.heap_kib(lambda: bytearray(20 << 20)) == pytest.approx(20 << 10, rel=0.1)
    assert codecs.heap_kib(lambda: None) < 200


def test_silent_damage_is_found() -> None:
    packets = fsw_emu.compress_frames(FRAMES)
    lost, silent = codecs.damage(FRAMES, packets, fsw_emu.decompress_frames, 50)
    assert silent == 0
    assert 0 < lost < 100
    unchecked = codecs.peers_of_frames()[0].encode(FRAMES)
    decode = partial(codecs.libaec_checked, shape=FRAMES.shape)
    assert codecs.damage(FRAMES, unchecked, decode, 50)[1] > 0


def test_the_plot_has_every_curve() -> None:
    curves = [plot.Curve(f"{style} & co", style, (1, 10), (2, 5)) for style in plot.DRAWN]
    svg = ElementTree.fromstring(plot.drawing(curves))  # noqa: S314
    assert len(svg.findall("{*}polyline")) == 3
    assert {"limit & co", "ours & co", "peer & co"} <= {e.text for e in svg.findall("{*}text")}
