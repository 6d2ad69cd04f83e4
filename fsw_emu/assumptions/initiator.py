# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Open questions of the data processing unit's end of the FEE's link."""

from __future__ import annotations

from fsw_emu.assumptions.row import stands

INITIATOR = (
    stands(
        "A67",
        "transaction identifiers of RMAP commands",
        "count through 16 bits; one whose reply is overdue rests for 10 s",
        changes="commands on the link; whether a late reply is taken for another's",
        source="the interface library has the number of its slot, 0 to 63",
    ),
    stands(
        "A68",
        "how long a reply may take, and what follows",
        "0.5 s; then what may be repeated is sent up to two more times",
        changes="when a FEE that does not answer is told",
        source="no public time limit; the library waits for ever",
    ),
    stands(
        "A69",
        "FEE packets that come faster than they are processed",
        "the link is held above 16 MiB that wait, nothing is lost",
        changes="packets that are missing where the chain is slow",
        source="the flight operating system drops the oldest packet, because a FEE that is not "
        "drained can stop for good",
    ),
)
