# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Our captures as scapy reads them, and scapy's as we do."""

from __future__ import annotations

import io
from pathlib import Path

from scapy.utils import RawPcapNgReader, RawPcapNgWriter

from fsw_emu.packets import pcapng

SECONDS = 1_779_148_800


def test_scapy_reads_what_we_write() -> None:
    sent = [(bytes(range(n)), SECONDS * 10**9 + 123_456_789 + n) for n in range(9)]
    stream = pcapng.section_header("one\ntwo") + pcapng.interface()
    stream += b"".join(pcapng.packet(data, time_ns=time_ns) for data, time_ns in sent)
    got = list(RawPcapNgReader(io.BytesIO(stream)))
    assert [data for data, _ in got] == [data for data, _ in sent]
    for (_, told), (data, time_ns) in zip(got, sent, strict=True):
        assert (told.tshigh << 32 | told.tslow, told.tsresol) == (time_ns, 10**9)
        assert (told.linktype, told.wirelen) == (149, len(data))


def test_we_read_what_scapy_writes(tmp_path: Path) -> None:
    sent = [bytes(range(n)) for n in range(9)]
    with RawPcapNgWriter(str(tmp_path / "link.pcapng")) as writer:
        writer.linktype = 149
        writer.write_header(b"")
        for i, data in enumerate(sent):
            writer.write_packet(data, sec=SECONDS + i)
    reader = pcapng.PcapngReader()
    got = reader.feed((tmp_path / "link.pcapng").read_bytes())
    assert reader.faults == []
    assert [(one.data, one.link_type) for one in got] == [(data, 149) for data in sent]
    assert [one.time_ns for one in got] == [(SECONDS + i) * 10**9 for i in range(9)]
