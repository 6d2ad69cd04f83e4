# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Open questions beyond the flight rule: the detailed scene, and algorithms of our own."""

from __future__ import annotations

from fsw_emu.assumptions.row import Assumption, stands

_OURS = "no flight rule: ours, after what missions publish"


def _stands(number: int, question: str, choice: str, changes: str, source: str) -> Assumption:
    return stands(f"A{number}", question, choice, changes=changes, source=source)


BEYOND: tuple[Assumption, ...] = (
    _stands(
        82,
        "sky and detector of the detailed scene",
        "`fsw_emu/scene/presets/*.toml`, each number with its source or ASSUMED",
        "frames and truth of comparisons",
        "rates and dimensions are public, the detector's parameters are not",
    ),
    _stands(
        83,
        "detection beyond flight: ties, flags, thresholds by pixel and row",
        "section 18.2; the default of each switch is the flight rule",
        "events of algorithms that ask for it",
        _OURS,
    ),
    _stands(
        84,
        "offset and noise maps, common mode, fallback",
        "section 18.3",
        "events of algorithms that ask for it",
        _OURS,
    ),
    _stands(
        85,
        "tracks, and what is near one",
        "section 18.4",
        "distances told beside events",
        _OURS,
    ),
    _stands(
        86,
        "when a pixel is hot, and when it is healed",
        "section 18.4",
        "pixels that algorithms mask",
        _OURS,
    ),
    _stands(
        87,
        "which events are sent when not all fit",
        "section 18.5",
        "events of algorithms that ask for it",
        _OURS,
    ),
    _stands(
        88,
        "what of an event is sent at which rate",
        "section 18.5",
        "telemetry of algorithms that ask for it",
        _OURS,
    ),
    _stands(
        89,
        "grades: split thresholds, layout of codes, which outer pixels count",
        "section 18.1: rows ascending downwards in the published layouts, one split threshold for "
        "all energies, outer pixels from a threshold of their own",
        "grades told beside events",
        "tables are published, what a 6x6-binned window would need is not",
    ),
    _stands(
        90,
        "the decision tree: features, size, training",
        "section 18.1; 21 stumps trained by `tools/train_tree.py` with photons and cosmic rays of "
        "our scene",
        "events that algorithms with a tree keep",
        _OURS,
    ),
    _stands(
        91,
        "quick look: cells, alarm, where it goes in telemetry",
        "section 18.6",
        "quick-look products",
        _OURS,
    ),
    _stands(
        92,
        "contacts, priorities and queues of the downlink",
        "docs/contacts.md",
        "what the budget simulation says",
        "orbit and mean rate are public, passes and priorities are not",
    ),
)
