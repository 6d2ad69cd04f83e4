# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""One line a packet: recordings of a link, and telemetry."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator

from fsw_emu.ground.telemetry import TelemetryReader
from fsw_emu.packets import fee, rmap
from fsw_emu.packets.capture import Recorded
from fsw_emu.packets.ccsds import read_primary_header
from fsw_emu.packets.fault import Fault
from fsw_emu.packets.ptp import read_ptp
from fsw_emu.packets.pus import Tc, Tm, read_tc, read_tm
from fsw_emu.packets.recording import RecordingReader
from fsw_emu.packets.spacewire import (
    CCSDS_PTP,
    DPU_ADDRESS,
    FEE_DATA,
    FIRST_LOGICAL_ADDRESS,
    RMAP,
    SpwPacket,
    TimeCode,
)

#: a line to print, or a fault to report
Line = str | Fault

_SHOWN_BYTES = 16
_SYNCHRONISED = 5


def recording_lines(
    chunks: Iterable[bytes], limit: int | None, *, counts_header: bool
) -> Iterator[Line]:
    """What crossed the link. counts_header: whether the length field of FEE packets does."""
    reader = RecordingReader()
    shown = reported = 0
    first_ns = None
    for chunk in chunks:
        for one in reader.read(chunk):
            if shown == limit:
                return
            shown += 1
            first_ns = one.time_ns if first_ns is None else first_ns
            where = f"{one.offset:>9}  {_seen(one, first_ns) if reader.has_times else ''}"
            if isinstance(one.item, TimeCode):
                flags = f"  flags {one.item.flags}" if one.item.flags else ""
                yield f"{where}{'time-code':<14} {one.item.count}{flags}"
                continue
            text, *faults = _packet_lines(one.item, counts_header=counts_header)
            yield f"{where}{text}"
            yield from faults
        yield from reader.faults[reported:]
        reported = len(reader.faults)
    reader.finish()
    yield from reader.faults[reported:]


def _seen(one: Recorded, first_ns: int) -> str:
    """When, since the first item [s], and which way."""
    since = one.time_ns - first_ns
    seconds, rest = divmod(abs(since), 1_000_000_000)
    time = f"{'-' if since < 0 else ''}{seconds}.{rest:09}"
    name = f"{one.interface} " if one.interface else ""
    return f"{time:>14}  {name}{one.direction:<3}  "


def _packet_lines(packet: SpwPacket, *, counts_header: bool) -> Iterator[Line]:
    """The text of a packet, then what is wrong with it."""
    data = packet.data
    protocol = _protocol(data)
    if protocol == FEE_DATA and len(data) >= fee.HEADER_BYTES and data[0] == DPU_ADDRESS:
        header = fee.read_fee_header(data)
        yield _fee_text(header, data[fee.HEADER_BYTES :])
        expected = header.data_len + (0 if counts_header else fee.HEADER_BYTES)
        if expected != len(data):
            what = f"{len(data)} bytes, the length field makes them {expected}"
            yield Fault(packet.offset, "FEE packet", what)
    elif protocol == RMAP:
        yield from _rmap_lines(packet)
    elif protocol == CCSDS_PTP:
        yield from _ptp_lines(packet)
    else:
        yield _bytes_text("unknown", data)
    if packet.eep:
        yield Fault(packet.offset, "packet", "ended by an error end of packet")
    if packet.truncated:
        yield Fault(packet.offset, "packet", "cut by the recording")


def _protocol(data: bytes) -> int | None:
    """The byte behind path and logical address."""
    for at, byte in enumerate(data[:-1]):
        if byte >= FIRST_LOGICAL_ADDRESS:
            return data[at + 1]
    return None


def _bytes_text(name: str, data: bytes) -> str:
    return f"{name:<14} {len(data)} bytes  {data[:_SHOWN_BYTES].hex(' ')}".rstrip()


def _fee_text(header: fee.FeeHeader, payload: bytes) -> str:
    node = "--" if header.type == fee.HOUSEKEEPING else header.node
    text = (
        f"{fee.TYPES[header.type]:<14} {node}  mode {header.mode:>2}  "
        f"frame {header.frame_counter:>5}  seq {header.sequence:>5}  "
    )
    is_window = header.type in (fee.EVENT, fee.WANDERING_MASK)
    if is_window and header.last and not any(payload):
        return text + "end of events"
    if is_window and len(payload) == fee.WINDOW_BYTES:
        col, row, *pixels = _words(payload)
        text += f"row {row:>3}  col {col:>3}  peak {max(pixels)} ADU"
    else:
        text += f"{len(payload)} bytes"
    return text + ("  last" if header.last else "")


def _words(data: bytes) -> list[int]:
    return [int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2)]


def _rmap_lines(packet: SpwPacket) -> Iterator[Line]:
    command = rmap.read_command(packet.data)
    if isinstance(command, rmap.ReadCommand):
        yield _command_text(command.command)
        if command.error is not rmap.Status.OK:
            yield Fault(packet.offset, "RMAP command", _words_of(command.error))
        return
    reply = rmap.read_reply(packet.data)
    if isinstance(reply, rmap.ReadReply):
        yield _reply_text(reply.reply)
        if reply.problem:
            yield Fault(packet.offset, "RMAP reply", reply.problem)
        return
    yield _bytes_text("RMAP", packet.data)
    why = command.why if reply.why == "a command" else reply.why
    yield Fault(packet.offset, "RMAP packet", why)


def _command_text(command: rmap.Command) -> str:
    return (
        f"{'RMAP command':<14} {_instruction(command.instruction):<16}  "
        f"tid {command.transaction:>5}  0x{command.extended << 32 | command.address:08X}  "
        f"{command.length} bytes  {command.data[:_SHOWN_BYTES].hex(' ')}"
    ).rstrip()


def _reply_text(reply: rmap.Reply) -> str:
    try:
        status = _words_of(rmap.Status(reply.status))
    except ValueError:
        status = f"status {reply.status}"
    text = f"{'RMAP reply':<14} {_instruction(reply.instruction):<16}  tid {reply.transaction:>5}  "
    if reply.instruction.write:
        return text + status
    return f"{text}{status}  {len(reply.data)} bytes  {reply.data[:_SHOWN_BYTES].hex(' ')}".rstrip()


def _instruction(code: rmap.Instruction) -> str:
    if not code.valid:
        return "invalid"
    if code.rmw:
        return "read-modify-write"
    text = ("write" if code.write else "read") + (" verified" if code.verify else "")
    return text + ("" if code.increment else " single")


def _words_of(status: rmap.Status) -> str:
    return status.name.lower().replace("_", " ")


def _ptp_lines(packet: SpwPacket) -> Iterator[Line]:
    """A space packet in the packet transfer protocol."""
    try:
        data = read_ptp(packet.data).space_packet
        command = read_primary_header(data).telecommand
        read = read_tc(data) if command else read_tm(data)
    except ValueError as error:
        yield _bytes_text("CCSDS", packet.data)
        yield Fault(packet.offset, "CCSDS packet", str(error))
        return
    text = _tc_text(read) if isinstance(read, Tc) else _tm_text(read)
    yield f"{'CCSDS':<14} {text}"
    if not read.pec_ok:
        yield Fault(packet.offset, "PUS packet", "checksum mismatch")


def _tc_text(tc: Tc) -> str:
    text = f"{f'TC({tc.type},{tc.subtype})':<9}  count {tc.primary.count:>5}  "
    return f"{text}APID {tc.primary.apid:>4}  ack {tc.ack:04b}  {len(tc.data)} bytes"


def telemetry_lines(chunks: Iterable[bytes], limit: int | None) -> Iterator[Line]:
    """Telemetry packets, one behind the other."""
    reader = TelemetryReader()
    shown = reported = 0
    for chunk in itertools.chain(chunks, [None]):
        for received in reader.finish() if chunk is None else reader.feed(chunk):
            if shown == limit:
                return
            shown += 1
            yield f"{received.position:>9}  {_tm_text(received.tm)}"
        yield from reader.faults[reported:]
        reported = len(reader.faults)


def _tm_text(tm: Tm) -> str:
    header = tm.header
    synchronised = "S" if header.sync == _SYNCHRONISED else "U"
    text = (
        f"{f'TM({header.type},{header.subtype})':<9}  count {tm.primary.count:>5}  "
        f"dest {header.destination:>3}  {header.time.iso()} {synchronised}"
    )
    detail = _tm_detail(header.type, header.subtype, tm.data)
    return f"{text}  {detail}" if detail else text


def _tm_detail(service: int, subtype: int, data: bytes) -> str:
    match service, subtype:
        case 13, 1 | 2 | 3 if len(data) >= 5:
            part, size = _words(data[1:5])
            return f"SDU {data[0]}  part {part}  {size} bytes"
        case 13, 4 if len(data) >= 4:
            return f"SDU {data[0]}  aborted, reason {int.from_bytes(data[2:4], 'big')}"
        case 1, _ if len(data) >= 4:
            identification, control = _words(data[:4])
            return f"TC APID {identification & 0x7FF}  count {control & 0x3FFF}"
        case 3, _ if len(data) >= 2:
            return f"SID {int.from_bytes(data[:2], 'big')}  {len(data)} bytes"
        case 5, _ if len(data) >= 2:
            return f"event {int.from_bytes(data[:2], 'big')}"
        case _:
            return f"{len(data)} bytes" if data else ""
