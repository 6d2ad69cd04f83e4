# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The unit under any sequence of telecommands, right and wrong, resets, faults and time, beside a
model of what has to be answered, of the counters and of the modes.

The model knows the rules of acceptance (ECSS-E-70-41A as tailored by MIB v1.8.1), not what the
services do: whether a telecommand that is well formed is refused, it takes from the answer, and
then holds the answer to be one, to be told, and to have changed nothing.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

from hypothesis import settings, stateful
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from telecommand_cases import (
    COUNTERS,
    TABLE,
    changed,
    data_of,
    packet,
    snapshot,
    telecommands,
)
from world_acts import acts

from fsw_emu.interface.table import Telecommand
from fsw_emu.packets.pus import Tm, read_tm
from fsw_emu.testbed.testbed import Testbed
from fsw_emu.world.world import World

PRIME, FEE_OFFLINE, PRE_SCIENCE, SCIENCE, STANDBY, STOP, SAFE = 7, 2, 3, 4, 5, 6, 1
RUNS = (PRIME, STANDBY, FEE_OFFLINE, PRE_SCIENCE, SCIENCE)
#: docs/modes.md, written again
MODES = {
    *((each, STANDBY) for each in (PRIME, FEE_OFFLINE, PRE_SCIENCE, SCIENCE)),
    (STANDBY, FEE_OFFLINE),
    (STANDBY, PRE_SCIENCE),
    (PRE_SCIENCE, SCIENCE),
    (SCIENCE, PRE_SCIENCE),
    *((each, STOP) for each in RUNS),
    *((each, SAFE) for each in (*RUNS, STOP)),
}
MODE_COMMANDS = ("IaModeGotoStby", "IaModeStrtMan", "IaModePreSci", "IaModeStrtSci",
                 "IaModeStpSci", "IaModeContrSwOff")  # fmt: skip
#: faults that do not make a frame full of events, which takes long and shows nothing else
ACTS = ("adc.override", "door.stuck", "door.slow", "door.line", "heater.fail", "sink.shift",
        "edac.flip", "timecode.lost", "dpu.iasw_time", "dpu.free_pages", "dpu.alloc_fail",
        "fpga.status", "fee.drop", "fee.corrupt", "fee.no_hk", "fee.frozen", "fee.rmap_timeout",
        "fee.rmap_error", "fee.link_down", "fee.hk", "fee.ecc")  # fmt: skip
KINDS = ("WATCHDOG", "EXCEPTION", "TC_RESET", "CPU_ERROR")
ACCEPTED, REFUSED, STARTED, NOT_STARTED, DONE, NOT_DONE = 1, 2, 3, 4, 7, 8
WRONG = {
    "crc": "ACK_INCONS_CRC",
    "length": "ACK_INCONS_LEN",
    "type": "ACK_ILL_TYPE",
    "subtype": "ACK_ILL_SUBT",
    "source": "ACK_ILL_SRC",
}
STAGE = {REFUSED: "acceptance", NOT_STARTED: "start", NOT_DONE: "termination"}
CODES = {stage: {f.code for f in TABLE.failures.values() if f.stage == stage}
         for stage in STAGE.values()}  # fmt: skip
#: what a telecommand that is refused may change
TOLD = {"NOfAccFailedTc", "SeqCntLastAccFailTc", "SpW0BytesIn"}


@dataclass
class Sent:
    """A telecommand that was accepted; ``stage``: the last that it was told to have reached."""

    name: str
    ack: int
    source: int
    stage: int = ACCEPTED


class Onboard(RuleBasedStateMachine):
    """Time is virtual."""

    def __init__(self) -> None:
        super().__init__()
        self.bed: Testbed
        self.count = 0

    @initialize(booted=st.booleans())
    def begin(self, booted: bool) -> None:
        self.bed = Testbed(world=World(noise_lsb=0.0), booted=booted, draws=True)
        self.forget()
        self.look()

    def forget(self) -> None:
        """A software has started: nothing is known, and nothing asked for."""
        self.software = self.bed.dpu.software
        self.counts: Counter[str] = Counter()
        self.asked: dict[tuple[int, int], list[Sent]] = defaultdict(list)
        self.mode = PRIME

    def look(self) -> list[Tm]:
        """Take the telemetry, and hold it against what was asked for."""
        restarted = self.bed.dpu.software is not self.software
        came = [self.packet_is_good(each, restarted) for each in self.bed.take()]
        if restarted:
            self.forget()
            return came
        for tm in came:
            kind = tm.header.type, tm.header.subtype
            if kind[0] == 1:
                self.verified(tm)
            elif kind[0] == 5:
                self.event(tm)
        return came

    sequence: Counter[int]

    def packet_is_good(self, raw: bytes, restarted: bool) -> Tm:
        tm = read_tm(raw)
        assert tm.pec_ok
        assert len(raw) <= TABLE.tm_max_bytes
        assert tm.primary.apid == TABLE.apid
        begins = (tm.header.type, tm.header.destination, tm.primary.count) == (5, 0, 0)
        if not hasattr(self, "sequence") or (restarted and begins):  # software tells that it starts
            self.sequence = Counter()
        assert tm.primary.count == self.sequence[tm.header.destination]
        self.sequence[tm.header.destination] = (tm.primary.count + 1) % (1 << 14)
        return tm

    def verified(self, tm: Tm) -> None:
        """A report of service 1: for a telecommand that waits for it, to who sent it."""
        stage = tm.header.subtype
        key = int.from_bytes(tm.data[:2], "big"), int.from_bytes(tm.data[2:4], "big")
        if stage in STAGE:
            assert int.from_bytes(tm.data[4:6], "big") in CODES[STAGE[stage]]
        if stage == REFUSED:
            return  # looked at where it was sent
        if stage == ACCEPTED:
            return
        (sent, *_) = (
            each
            for each in self.asked[key]
            if each.source == tm.header.destination and each.stage < stage
        )
        if stage not in STAGE:
            assert sent.ack & {STARTED: 2, DONE: 8}[stage]
        sent.stage = stage
        if stage in (NOT_STARTED, NOT_DONE):
            self.counts["NOfStartFailedTc" if stage == NOT_STARTED else "NOfTermFailedTc"] += 1
            self.asked[key].remove(sent)
        elif stage == DONE:
            self.asked[key].remove(sent)

    def event(self, tm: Tm) -> None:
        """A change of the mode is one of the table, from the mode that was."""
        event = TABLE.events_by_id[int.from_bytes(tm.data[:2], "big")]
        assert event.severity == tm.header.subtype
        if event.name == "EVT_IASW_TR":
            before, after = (int.from_bytes(tm.data[i : i + 2], "big") for i in (2, 4))
            assert (before, after) in MODES
            assert before == self.mode
            self.mode = after

    # What may happen.

    @rule(data=st.data(), ack=st.integers(0, 15), source=st.sampled_from([0, 0, 1]))
    def telecommand(self, data: Any, ack: int, source: int) -> None:
        """Any of the software that runs, or of the other one."""
        software = self.bed.dpu.onboard.software
        if data.draw(st.integers(0, 9)) == 0:
            software = "IASW" if software == "DBS" else "DBS"
        command, body = data.draw(telecommands(software))
        self.send(command, body, ack, source)

    @rule(name=st.sampled_from(MODE_COMMANDS), n_cycles=st.integers(1, 80))
    def change_mode(self, name: str, n_cycles: int) -> None:
        self.send(TABLE.telecommands[name], b"", 0b1111, 0)
        self.pass_cycles(n_cycles)

    @rule(sent=st.lists(st.tuples(st.sampled_from(["UpFirst", "UpInter", "UpLast"]),
                                  st.integers(0, 3), st.integers(0, 3)), max_size=5))  # fmt: skip
    def upload(self, sent: list[tuple[str, int, int]]) -> None:
        """Parts in any order."""
        for name, sdu, number in sent:
            values = {"SduId": sdu, "SduSeqNmb": number}
            command = TABLE.telecommands[name]
            self.send(command, data_of(command, values, n_times=4), 0b1001, 0)

    @rule()
    def hand_over(self) -> None:
        command = TABLE.telecommands["DBS_TC_BOOT_IASW"]
        self.send(command, data_of(command, {}), 0b1001, 0)

    @rule(n_steps=st.integers(1, 4), really=st.integers(0, 3))
    def towards_science(self, n_steps: int, really: int) -> None:
        """Some way from stand-by with an open door to SCIENCE, whatever becomes of it."""
        if really:
            return  # not too often: frames take their time
        if self.bed.dpu.onboard.software == "DBS":
            self.hand_over()
            self.pass_cycles(24)
        door = TABLE.telecommands["ProcStrRseConfig"]
        for name, values, n_cycles in [
            ("IaModeGotoStby", {}, 1),
            (door.name, {"ProcRseCmdId": TABLE.assumed["door"]["commands"]["open"]}, 520),
            ("IaModePreSci", {}, 60),
            ("IaModeStrtSci", {}, 70),
        ][:n_steps]:
            command = TABLE.telecommands[name]
            if self.bed.dpu.onboard.software == command.of:
                self.send(command, data_of(command, values), 0b1001, 0)
                self.pass_cycles(n_cycles)

    @rule(data=st.data(), how=st.sampled_from(sorted(WRONG)), ack=st.integers(0, 15))
    def wrong_packet(self, data: Any, how: str, ack: int) -> None:
        """Refused with the failure that tells what is wrong, and nothing else happens."""
        command, body = data.draw(telecommands(self.bed.dpu.onboard.software))
        kind = [command.type, command.subtype]
        more: dict[str, int] = {"ack": ack}
        match how:
            case "crc":
                more["crc"] = data.draw(st.integers(1, 0xFFFF))
            case "length":
                more["length"] = len(body) + 5 + data.draw(st.sampled_from([-6, -1, 1, 900]))
            case "type":
                kind[0] = 255
            case "subtype":
                kind[1] = 255
            case "source":
                more["source"] = data.draw(st.integers(2, 255))
        code = self.refusal(packet(kind[0], kind[1], body, count=self.next_count(), **more))
        assert code == TABLE.failures[WRONG[how]].code

    @rule(apid=st.integers(0, 2047).filter(lambda n: n != TABLE.apid), raw=st.binary(max_size=5))
    def stray_packet(self, apid: int, raw: bytes) -> None:
        """For somebody else, or no packet at all: no telecommand."""
        before = self.snapshot()
        for each in (packet(17, 1, b"", apid=apid), raw):
            self.bed.dpu.receive(each)
        came = self.look()
        assert {tm.header.type for tm in came} <= {5}
        assert self.changed(before) <= {"ErrCnt", "ErrLastEventId", "ErrLogEntries"} | TOLD

    @rule(act=acts(ACTS))
    def something_happens(self, act: tuple[str, dict[str, Any]]) -> None:
        self.bed.world.act(act[0], **act[1])

    @rule(n_cycles=st.integers(1, 60))
    def pass_cycles(self, n_cycles: int) -> None:
        self.bed.run(n_cycles / 8)
        self.look()

    @rule(kind=st.sampled_from(KINDS))
    def reset(self, kind: str) -> None:
        self.bed.dpu.reset(kind)
        self.pass_cycles(1)
        assert self.bed.dpu.onboard.software == "DBS"

    # What has to be so.

    @invariant()
    def counters_are_those_of_the_model(self) -> None:
        if not hasattr(self, "bed"):
            return
        pool = self.bed.dpu.onboard.pool
        told = {name: pool[name] for name in COUNTERS}
        idle = self.bed.dpu.onboard.executor.is_idle
        for name in set(COUNTERS) - {"NOfTcTerm"}:
            assert told[name] == self.counts[name], name
        if idle:
            ended = self.counts["NOfStartFailedTc"] + self.counts["NOfTermFailedTc"]
            assert told["NOfTcTerm"] == self.counts["NOfTcAcc"] - ended
            unanswered = [s for each in self.asked.values() for s in each if s.ack & 8]
            assert not unanswered

    @invariant()
    def mode_is_that_of_the_events(self) -> None:
        if not hasattr(self, "bed") or self.bed.dpu.onboard.software == "DBS":
            return
        onboard = self.bed.dpu.onboard
        if not onboard.events.is_enabled("EVT_IASW_TR"):
            self.mode = onboard.pool["iaswState"]  # nobody tells any longer
        assert onboard.pool["iaswState"] == self.mode
        assert onboard.pool["iaswState"] in {*RUNS, STOP}

    # How.

    def send(self, command: Telecommand, body: bytes, ack: int, source: int) -> None:
        """A packet that is well formed: accepted, or refused without a trace."""
        count = self.next_count()
        sent = packet(command.type, command.subtype, body, count=count, ack=ack, source=source)
        before = self.snapshot()
        self.bed.dpu.receive(sent)
        came = self.look()
        answers = [tm.header.subtype for tm in came if tm.header.type == 1]
        if answers == [REFUSED]:
            self.counts["NOfAccFailedTc"] += 1
            assert self.changed(before) <= TOLD
            return
        assert answers == ([ACCEPTED] if ack & 1 else [])
        self.counts["NOfTcAcc"] += 1
        key = int.from_bytes(sent[:2], "big"), int.from_bytes(sent[2:4], "big")
        self.asked[key].append(Sent(command.name, ack, source))

    def refusal(self, sent: bytes) -> int:
        """The failure code of a packet that has to be refused, without a trace."""
        before = self.snapshot()
        self.bed.dpu.receive(sent)
        (tm,) = (tm for tm in self.look() if tm.header.type == 1)
        assert tm.header.subtype == REFUSED
        assert tm.header.destination == sent[9]
        assert self.changed(before) <= TOLD
        self.counts["NOfAccFailedTc"] += 1
        return int.from_bytes(tm.data[4:6], "big")

    def next_count(self) -> int:
        self.count = (self.count + 1) % (1 << 14)
        return self.count

    def snapshot(self) -> dict[str, Any]:
        return snapshot(self.bed.dpu.onboard.pool)

    def changed(self, before: dict[str, Any]) -> set[str]:
        return changed(before, self.snapshot())


def test_any_sequence() -> None:
    """More of them, and longer ones, where more time is given."""
    n_examples = settings().max_examples
    stateful.run_state_machine_as_test(
        Onboard,
        settings=settings(max_examples=n_examples, stateful_step_count=30),
    )
