# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The second loop as a whole: it finds a changed operator, runs the main job, uses two cores."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from build_core import build

import fsw_emu.targets
from fsw_emu.cli.main import main
from fsw_emu.core import default_core
from fsw_emu.targets.remote import emulated_library

ROOT = Path(__file__).resolve().parents[2]

#: what a slip of the hand would do: file, before, after, the tests that must see it
CHANGES = {
    "edu": ("edu.c", "return rank >= MEDIAN_RANK;", "return rank > MEDIAN_RANK;", "test_edu"),
    "filter": ("filter.c", "return count > ctx->", "return count >= ctx->", "test_filter"),
    "ldt": ("ldt.c", "left < tx->part ? left", "left > tx->part ? left", "test_ldt"),
}


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what the flight build is made of."""
    copy = tmp_path_factory.mktemp("source")
    for name in ("c_src", "cross"):
        shutil.copytree(ROOT / name, copy / name)
    for name in ("meson.build", "pyproject.toml"):
        shutil.copy(ROOT / name, copy)
    assert build(copy / "build", cross="leon3", source=copy) == ""
    return copy


@pytest.mark.parametrize("change", CHANGES)
def test_one_changed_operator_is_found(source: Path, change: str) -> None:
    name, before, after, tests = CHANGES[change]
    path = source / "c_src/src" / name
    text = path.read_text()
    assert text.count(before) == 1
    path.write_text(text.replace(before, after))
    try:
        assert build(source / "build", cross="leon3", source=source) == ""
        command = [sys.executable, "-m", "pytest", "-x", "--target", f"elf:{source}/build/sxi.elf"]
        env = {**os.environ, "HYPOTHESIS_PROFILE": "find"}
        done = subprocess.run(
            [*command, f"tests/props/{tests}.py"],
            cwd=ROOT, env=env, check=False, capture_output=True, text=True,
        )  # fmt: skip
    finally:
        path.write_text(text)
    assert done.returncode == 1, done.stdout
    assert re.search(r"\b1 failed", done.stdout)


@pytest.mark.parametrize("image", [[], ["--image", "uv"]])
def test_products_of_both_processors_are_the_same(tmp_path: Path, image: list[str]) -> None:
    made = {}
    for target in ("host", "leon3"):
        out = tmp_path / target
        scene = ["--scene", "storm", "--frames", "3", *image]
        assert main(["run", *scene, "--target", target, "--out", str(out)]) == 0
        made[target] = {p.relative_to(out): data_of(p) for p in out.rglob("*") if p.is_file()}
    assert made["leon3"] == made["host"]
    assert len(made["host"]) >= 6


def data_of(product: Path) -> Any:
    """A product without what it tells of the build it was made by."""
    if product.suffix == ".fits":
        with fits.open(product) as hdus:
            data = [np.asarray(hdu.data).tobytes() for hdu in hdus if hdu.data is not None]
            told = ("CHECKSUM", "OBCORE", "OBSHA", "OBCOMP", "OBFLAGS")
            return data, [[tuple(c) for c in h.header.cards if c[0] not in told] for h in hdus]
    if product.name == "manifest.json":
        return sorted(one["name"] for one in json.loads(product.read_text())["products"])
    if product.suffix == ".json":
        return json.loads(product.read_text()) | {"provenance": None}
    if product.suffix == ".html":
        return product.read_text().partition("<h2>Provenance</h2>")[0]
    return product.read_bytes()


def test_a_target_that_is_none_is_wrong_use(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for target, what in (("leon4", "no such target"), (f"elf:{tmp_path}/x.elf", "No such file")):
        assert main(["run", "--target", target, "--out", str(tmp_path)]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert what in line


def test_two_cores_at_once() -> None:
    said = subprocess.run(
        ["qemu-system-sparc", "--version"],  # noqa: S607
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    if int(re.search(r"version (\d+)", said)[1]) < 10:  # type: ignore[index]
        pytest.skip("dual core: the installed QEMU emulates one LEON3 core (10 has more)")
    library = emulated_library(fsw_emu.targets.flight_program(), processors=2)
    ring, ffi = library.ring, library.ffi
    assert ring.n_rings == 2
    host = default_core()
    rng = np.random.default_rng(1)
    for _ in range(20):
        data = [rng.bytes(int(rng.integers(1, 100_000))) for _ in range(2)]
        both = ffi.new("uint8_t[]", data[0] + data[1])
        _request, words = library.start("sxi_crc16", 0xFFFF, both, len(data[0]) + len(data[1]))
        halves = (words[1], words[1] + len(data[0]))
        tickets = [
            ring.post("sxi_crc16", [0xFFFF, at, len(part)], ring=core)
            for core, (at, part) in enumerate(zip(halves, data, strict=True))
        ]
        assert [ring.wait(t) for t in tickets] == [host.crc16(part) for part in data]
    library.emulator.close()
