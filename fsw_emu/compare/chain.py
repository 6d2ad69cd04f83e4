# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The science chain on one side, and the files between the sides."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from fsw_emu.core import Core, default_core
from fsw_emu.dpu.science.chain import ScienceChain
from fsw_emu.dpu.science.entity import Entity
from fsw_emu.dpu.science.readout import Batch
from fsw_emu.dpu.science.settings import Interface, Settings
from fsw_emu.fee.front_end import FrontEnd, FrontEndSettings
from fsw_emu.scene import Scene


@dataclass(frozen=True)
class ChainInput:
    """Packets for the chain, and what it is set to. bad_pixels: masks by node."""

    name: str
    packets: Sequence[bytes]
    simulator: bool = False  # the public simulator's quirks
    binning: Literal[6, 24] = 6
    stack: int = 1
    bad_pixels: dict[str, bytes] = field(default_factory=dict)

    def settings(self) -> Settings:
        quirks = Interface(
            window_order="simulator", pixel_order="little", sequence_after_hk="restarts"
        )
        return Settings(
            interface=quirks if self.simulator else Interface(),
            binning=self.binning,
            stack=self.stack,
            event_frames_per_entity=2,
            bad_pixels=self.bad_pixels or None,
        )


@dataclass(frozen=True)
class ChainResult:
    """What one side made of an input: counters by name, telemetry packets, entities; fate: how
    it ended instead, else empty."""

    counters: dict[str, int]
    packets: list[bytes]
    entities: list[bytes]
    fate: str = ""


def scenes() -> list[ChainInput]:
    """The built-in inputs: events of a quiet sky and of a storm, images, stacks."""
    core = default_core()
    made = []
    for kind in ("quiet", "storm"):
        scene = Scene("quiet" if kind == "quiet" else "storm", seed=1, frame_period_s=10.0)
        end = FrontEnd(core, FrontEndSettings(threshold=scene.detection_threshold_adu))
        packets = [p for i in range(3) for p in end.event_readout(scene.node_frames(i))]
        masks = {n: core.bad_pixel_mask(m) for n, m in scene.bad_pixels().items()}
        made.append(ChainInput(f"{kind} scene, events", packets, bad_pixels=masks))
    end = FrontEnd(core, FrontEndSettings(threshold=scene.detection_threshold_adu))
    image = end.image_readout(scene.node_frames(0))
    made.append(ChainInput("storm scene, image", image))
    stacked = [p for i in range(2) for p in end.image_readout(scene.uv_frames(i))]
    made.append(ChainInput("storm scene, stack of two", stacked, binning=24, stack=2))
    return made


def save_input(source: ChainInput, path: Path) -> None:
    """Keep an input for the workers."""
    about = {"simulator": source.simulator, "binning": source.binning, "stack": source.stack}
    _save(
        path,
        packets=source.packets,
        nodes=[node.encode() for node in source.bad_pixels],
        masks=list(source.bad_pixels.values()),
        about=[json.dumps({"name": source.name, **about}).encode()],
    )


def _load_input(path: Path) -> ChainInput:
    parts = _load(path)
    nodes = [node.decode() for node in parts["nodes"]]
    return ChainInput(
        packets=parts["packets"],
        bad_pixels=dict(zip(nodes, parts["masks"], strict=True)),
        **json.loads(parts["about"][0]),
    )


def _save(path: Path, **lists: Sequence[bytes]) -> None:
    arrays: dict[str, NDArray[Any]] = {}
    for name, items in lists.items():
        arrays[name] = np.frombuffer(b"".join(items), np.uint8)
        arrays[f"{name}_lengths"] = np.array([len(item) for item in items], np.int64)
    with path.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]


def _load(path: Path) -> dict[str, list[bytes]]:
    with np.load(path, allow_pickle=False) as arrays:
        names = [name for name in arrays.files if f"{name}_lengths" in arrays.files]
        return {name: list(_cut(arrays[name], arrays[f"{name}_lengths"])) for name in names}


def _cut(data: NDArray[np.uint8], lengths: NDArray[np.int64]) -> Iterable[bytes]:
    at = 0
    for length in lengths.tolist():
        yield data[at : at + length].tobytes()
        at += length


def run_chain(core: Core, source: Path, out: Path) -> dict[str, int]:
    """Run an input through a core, its telemetry to ``out``; the counters."""
    given = _load_input(source)
    entities: list[Entity] = []
    chain = ScienceChain(core, given.settings(), entities.append)
    chain.feed(Batch.of(list(given.packets)))
    chain.finish()
    _save(
        out,
        packets=[packet for entity in entities for packet in entity.packets],
        entities=[entity.data for entity in entities],
    )
    counters = _flat(asdict(chain.counts))
    counters |= {
        "packets": chain.splitter.n_packets,
        "hk_packets": chain.splitter.n_hk,
        "stray_packets": chain.splitter.n_strays,
        "pedestal": chain.pedestal or 0,
        "entities": len(entities),
        "faults": len(chain.faults) + chain.faults.not_listed,
    }
    return counters


def _flat(values: dict[str, Any], prefix: str = "") -> dict[str, int]:
    found: dict[str, int] = {}
    for name, value in values.items():
        if isinstance(value, dict):
            found |= _flat(value, f"{prefix}{name}.")
        else:
            found[prefix + name] = int(value)
    return found


def load_result(answer: dict[str, Any], path: Path) -> ChainResult:
    """What a worker left, by its answer."""
    if "fate" in answer:
        return ChainResult({}, [], [], answer["fate"])
    parts = _load(path)
    return ChainResult(answer["counters"], parts["packets"], parts["entities"])
