# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Comparing two builds: nothing where there is nothing, everything that was planted, and what is
meant only as long as it is meant."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import planted
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsw_emu.cli.main import main
from fsw_emu.compare import compare as comparing
from fsw_emu.compare import search as search_module
from fsw_emu.compare import side as sides_module
from fsw_emu.compare.call import Call, Caller, mismatch
from fsw_emu.compare.chain import ChainInput, ChainResult, scenes
from fsw_emu.compare.compare import Sides, compare
from fsw_emu.compare.generate import ARGUMENTS, calls
from fsw_emu.compare.intended import Intended, judge, read_intended
from fsw_emu.compare.report import as_json, as_text
from fsw_emu.compare.search import Search, drawn
from fsw_emu.compare.side import Side
from fsw_emu.compare.telemetry import differences
from fsw_emu.compare.vector import _call, call_vector, chain_vector, read_vector
from fsw_emu.targets import functions, signatures
from fsw_emu.targets._library import headers
from fsw_emu.targets.layout import layout_of

FUNCTIONS = signatures.functions(headers())
FILTER, IMAGE = planted.CHANGES[0], planted.CHANGES[-1]


@pytest.fixture(scope="module")
def libraries(tmp_path_factory: pytest.TempPathFactory) -> planted.Libraries:
    return planted.Libraries(tmp_path_factory.mktemp("planted"))


@pytest.fixture(scope="module")
def old(libraries: planted.Libraries) -> str:
    return libraries.build("old")


@pytest.fixture(scope="module")
def filtered(libraries: planted.Libraries) -> str:
    """A filter in which equality no longer passes."""
    return libraries.build("filter", FILTER)


@pytest.fixture(scope="module")
def quiet() -> ChainInput:
    return scenes()[0]


def search(a: str, b: str, function: str) -> Search:
    """One turn of one function."""
    with Sides(a, b) as both:
        looked = Search(both.a, both.b)
        pointers = tuple(p.name for p in FUNCTIONS[function][1] if p.pointer)
        looked._function(function, pointers)
        return looked


def test_every_function_has_a_generator() -> None:
    assert set(ARGUMENTS) == set(FUNCTIONS)


@given(st.data())
@settings(max_examples=25)
def test_calls_are_json_with_every_argument(data: st.DataObject) -> None:
    """And every number fits its parameter, as cffi sees it."""
    function = data.draw(st.sampled_from(sorted(FUNCTIONS)))
    parameters = FUNCTIONS[function][1]
    pointers = tuple(p.name for p in parameters if p.pointer)
    call = data.draw(calls(function, pointers))
    again = Call(call.function, json.loads(json.dumps(call.arguments)))
    assert again == call
    assert _call(call.function, again.arguments) == call
    assert set(call.arguments) >= {p.name for p in parameters}
    ffi, _ = functions("host")
    for parameter in parameters:
        if not parameter.pointer:
            width = layout_of(ffi, ffi.typeof(parameter.ctype)).plain.itemsize
            assert 0 <= call.arguments[parameter.name] < 1 << 8 * width


def test_the_host_is_asked_by_its_functions() -> None:
    caller = Caller(*functions("host"))
    outcome = caller.ask(Call("sxi_crc16", {"seed": 0xFFFF, "data": b"123456789".hex(), "len": 9}))
    assert outcome == {"result": 0x29B1}


@given(st.recursive(st.integers(0, 3), lambda s: st.lists(s, max_size=3), max_leaves=6))
def test_an_outcome_is_like_itself_and_unlike_another(value: object) -> None:
    outcome = {"result": 0, "out": value}
    assert mismatch(outcome, json.loads(json.dumps(outcome))) is None
    unlike = mismatch(outcome, {"result": 0, "out": [value, 9]})
    assert unlike is not None
    assert unlike.path.startswith("out")


def test_only_the_same_end_is_no_difference() -> None:
    for a, b in (
        ("hangs", "hangs"),
        ("trap division_by_zero", "trap division_by_zero"),
        ("dies (SIGSEGV)", "the target ended (SIGSEGV): qemu: last words"),
    ):
        assert mismatch({"fate": a, "where": "x"}, {"fate": b}) is None
        assert differences(ChainResult({}, [], [], a), ChainResult({}, [], [], b)) == []
    for a, b in (
        ("trap division_by_zero", "hangs"),
        ("trap division_by_zero", "trap data_access_error"),
        ("dies (SIGSEGV)", "dies (SIGABRT)"),
        ("ends (exit code 1)", "dies (SIGSEGV)"),
    ):
        two = mismatch({"fate": a}, {"fate": b})
        assert two is not None
        assert (two.path, two.a, two.b) == ("fate", a, b)
        (run,) = differences(ChainResult({}, [], [], a), ChainResult({}, [], [], b))
        assert (run.what, run.a, run.b) == ("chain.fate", a, b)
    one = mismatch({"result": 3}, {"fate": "hangs"})
    assert one is not None
    assert (one.field, one.b) == ("fate", "hangs")


def test_a_build_is_like_itself(old: str, quiet: ChainInput) -> None:
    with Sides(old, "host") as both:
        a, b = both.chain(quiet)
    assert a.packets
    assert a.counters["events_kept"] > 0
    assert differences(a, b) == []
    assert search(old, "host", "sxi_filter_events").findings == []


def test_a_planted_change_is_found_and_made_small(old: str, filtered: str) -> None:
    findings = {f.what: f.call for f in search(old, filtered, "sxi_filter_events").findings}
    call = findings["sxi_filter_events.result"]
    (event,) = call.arguments["events"]
    ring = [6, 7, 8, 11, 13, 16, 17, 18]
    assert sum(event["pixels"][i] for i in ring) == call.arguments["ctx"]["ring_sum_max"]
    # nothing is in the vector that does not make the difference
    assert sum(event["pixels"]) <= 64


def test_a_change_of_a_status_is_named(libraries: planted.Libraries, old: str) -> None:
    changed = libraries.build("image", IMAGE)
    whats = {f.what for f in search(old, changed, "sxi_image_crop").findings}
    assert "sxi_image_crop.result good/PARAM" in whats


DIES = planted.Change("dies", "crc.c", "uint16_t sxi_crc16(uint16_t seed, const uint8_t *data, "
                      "uint32_t len)\n{\n", "")  # fmt: skip


@pytest.mark.parametrize(("body", "fate"), [("*(volatile int *)8 = len;", "SIGSEGV"),
                                            ("for (;;) {}", "hangs")])  # fmt: skip
def test_a_target_that_ends_is_a_difference(
    body: str, fate: str, libraries: planted.Libraries, old: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the search goes on with a new one."""
    monkeypatch.setattr(sides_module, "HANGS_S", 1.0)
    condition = f"{DIES.before}    if (len == 3U) {{ {body} }}\n"
    broken = libraries.build(fate, replace(DIES, after=condition))
    asked = [Call("sxi_crc16", {"seed": 0, "data": "00" * n, "len": n}) for n in (2, 3, 4)]
    with Sides(old, broken) as both:
        unlike = Search(both.a, both.b).compare(asked)
        assert both.b.n_lost == 1
    assert [m and m.field for m in unlike] == [None, "fate", None]
    assert unlike[1] is not None
    assert fate in unlike[1].b


@pytest.fixture(scope="module")
def dead(libraries: planted.Libraries) -> str:
    """A core whose CRC dies of all that it is asked."""
    body = f"{DIES.before}    *(volatile int *)8 = len;\n"
    return libraries.build("dead", replace(DIES, after=body))


def test_a_function_that_nobody_answers_is_a_finding(
    dead: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both sides die of every CRC, and the chain of its first packet: nothing is alike then."""
    only = {"sxi_crc16": FUNCTIONS["sxi_crc16"], "sxi_crc8": FUNCTIONS["sxi_crc8"]}
    monkeypatch.setattr("fsw_emu.compare.search.signatures.functions", lambda _cdef: only)
    monkeypatch.setattr(search_module, "EXAMPLES", 3)
    source = ChainInput("two packets", scenes()[0].packets[:2])
    with Sides(dead, dead) as both:
        made = compare(both, [source], seconds=0)
    found = {f.what: (f.a, f.b) for f in made.found}
    died = "dies (SIGSEGV)", "dies (SIGSEGV)"
    assert found == {"chain.unanswered": died, "sxi_crc16.unanswered": died}
    assert 0 < made.n_unanswered < made.n_calls
    judgement = judge(list(found), [], date(2027, 1, 1))
    said = as_text(made, judgement, "out").splitlines()[-1]
    calls = f"{made.n_unanswered} calls and 1 chain input"
    assert said == f"2 differences, 0 intended; neither side answered {calls}"
    assert as_json(made, judgement)["unanswered"]["inputs"] == ["two packets"]


def test_a_vector_that_nobody_answers_is_not_the_same(
    dead: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call = Call("sxi_crc16", {"seed": 0, "data": "00", "len": 1})
    chain = ChainInput("two packets", scenes()[0].packets[:2])
    for vector in (call_vector(call), chain_vector(chain)):
        path = tmp_path / "vector.json"
        path.write_text(json.dumps(vector))
        assert main(["diff", "--a", dead, "--b", dead, "--replay", str(path)]) == 2
        said = capsys.readouterr().out
        assert said.endswith("neither answered: a dies (SIGSEGV), b dies (SIGSEGV)\n")
        assert "the same" not in said
        assert main(["diff", "--a", "host", "--b", "host", "--replay", str(path)]) == 0
        assert capsys.readouterr().out.endswith("the same\n")


CRC = {"seed": 0, "data": "00", "len": 1}


@pytest.mark.parametrize(
    ("vector", "said"),
    [
        ({"function": "sxi_crc17", "arguments": CRC}, "no function sxi_crc17"),
        ({"function": "sxi_crc16", "arguments": {"seed": 0}}, "there is no 'data'"),
        ({"function": "sxi_crc16", "arguments": {**CRC, "data": {"zeros": 1 << 40}}}, "zeros"),
        ({"function": "sxi_crc16", "arguments": {**CRC, "data": {"zeros": -1}}}, "zeros -1"),
        ({"function": "sxi_crc16", "arguments": {**CRC, "data": {"zeros": 2.5}}}, "zeros 2.5"),
        ({"function": "sxi_crc16",
          "arguments": {**CRC, "data": {"zeros": 1, "at": [[1, 0]]}}}, "index"),
        ({"function": "sxi_crc16", "arguments": {**CRC, "len": 2}}, "data holds 1, the call"),
        ({"function": "sxi_crc16", "arguments": {**CRC, "len": 1 << 32}}, "4294967296"),
        ({"function": "sxi_crc16", "arguments": {**CRC, "seed": -1}}, "negative"),
        ({"function": "sxi_crc16", "arguments": {**CRC, "data": "0x"}}, "hexadecimal"),
        ({"chain": {"name": "a", "packets": [], "bad_pixels": {}}}, "no packets"),
        ({"chain": {"name": "a", "packets": ["00"], "bad_pixels": {}, "stack": 1 << 40}}, "stack"),
        ({"chain": {"name": "a", "packets": ["00"], "bad_pixels": {"E9": ""}}}, "node"),
        ({"chain": {"name": "a", "packets": 3, "bad_pixels": {}}}, "not a vector"),
        (3, "not a vector"),
    ],
)  # fmt: skip
def test_a_vector_that_is_none_is_refused(
    vector: object, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "vector.json"
    path.write_text(json.dumps(vector))
    assert main(["diff", "--a", "host", "--b", "host", "--replay", str(path)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"fsw-emu diff: {path}: not a vector: ")
    assert said in line


def test_large_memory_within_a_structure_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "vector.json"
    pointers = tuple(p.name for p in FUNCTIONS["sxi_edu_detect"][1] if p.pointer)
    call = next(c for c in drawn("sxi_edu_detect", pointers, "1 0") if c.arguments["frame"])
    frame = {**call.arguments["frame"], "pixels": {"zeros": 1 << 40}}
    path.write_text(
        json.dumps(call_vector(replace(call, arguments={**call.arguments, "frame": frame})))
    )
    with pytest.raises(ValueError, match=r"frame\.pixels: zeros"):
        read_vector(path)


def test_differences_of_telemetry_are_named(quiet: ChainInput) -> None:
    """Header fields, metadata, events, counters, each where it is first."""
    with Sides("host", "host") as both:
        run, _ = both.chain(quiet)
        fewer, _ = both.chain(replace(quiet, packets=quiet.packets[:-10]))
    packet = bytearray(run.packets[3])
    packet[9] ^= 1
    moved = replace(run, packets=[*run.packets[:3], bytes(packet), *run.packets[4:]])
    assert [(d.what, d.where) for d in differences(run, moved)] == [
        ("tm.destination", "packet 3"),
        ("tm.pec_ok", "packet 3"),
    ]
    counted = ChainResult({**run.counters, "images": 7}, run.packets, run.entities)
    (counter,) = differences(run, counted)
    assert (counter.what, counter.b) == ("counter.images", "7 (+7)")
    named = {d.what: d for d in differences(run, fewer)}
    assert "there is none" in named["event"].b
    assert {"group.NOfEvtDet", "entity.data_size", "counter.packets"} <= set(named)


def test_a_chain_that_differs_keeps_few_packets(
    libraries: planted.Libraries,
    old: str,
    quiet: ChainInput,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The packets that show a difference, of the many that were there."""
    monkeypatch.setattr(comparing, "SHRINK_S", 2.0)
    monkeypatch.setattr(Search, "run", lambda _self, _seconds: None)
    before = "out[17] = tm->sync;"
    flipped = planted.Change("sync", "pus.c", before, "out[17] = tm->sync ^ 1U;")
    with Sides(old, libraries.build("sync", flipped)) as both:
        made = compare(both, [quiet], seconds=0)
    found = {f.what: f for f in made.found}
    assert found["tm.sync"].where == "quiet scene, events: packet 0"
    path = tmp_path / "vector.json"
    path.write_text(json.dumps(found["tm.sync"].vector))
    kept = read_vector(path)
    assert isinstance(kept, ChainInput)
    assert 0 < len(kept.packets) < len(quiet.packets)


@pytest.mark.parametrize("what", ["sxi_filter_events.*", "*.result"])
def test_meant_differences_expire(what: str, tmp_path: Path) -> None:
    file = tmp_path / "intended.toml"
    file.write_text(
        f'[[intended]]\nwhat = "{what}"\nreason = "equality fails"\nexpires = 2027-01-31\n'
        '[[intended]]\nwhat = "tm.count"\nreason = "none"\nexpires = 2027-01-31\n'
    )
    declared = read_intended(file)
    found = ["sxi_filter_events.result"]
    before = judge(found, declared, date(2027, 1, 31))
    assert (set(before.meant), before.unmeant, before.expired) == (set(found), (), ())
    assert [d.what for d in before.unmatched] == ["tm.count"]
    after = judge(found, declared, date(2027, 2, 1))
    assert (after.meant, after.unmeant) == ({}, tuple(found))
    assert after.expired == tuple(declared)


@pytest.mark.parametrize(
    "text",
    [
        "intended = 3",
        "[[intended]]\nwhat = 'a'",
        "[[intended]]\nwhat = 'a'\nreason = 'b'\nexpires = '2027-01-31'",
        "[[intended]]\nwhat = 'a'\nreason = ''\nexpires = 2027-01-31",
        "[[intended]]\nwhat = 'a'\nreason = 'b'\nexpires = 2027-01-31\nuntil = 3",
        "[other]",
        "no toml",
        *(
            f"[[intended]]\nwhat = '{what}'\nreason = 'b'\nexpires = 2027-01-31"
            for what in ("*", "**", "?*", "*.*", "[a-z]*", "sxi_*", "sxi_?*.*", "*_*")
        ),
    ],
)
def test_a_declaration_that_is_none_is_refused(text: str, tmp_path: Path) -> None:
    file = tmp_path / "intended.toml"
    file.write_text(text)
    with pytest.raises(ValueError, match=r"intended\.toml"):
        read_intended(file)


def test_a_side_that_does_not_start_is_told(tmp_path: Path) -> None:
    library = tmp_path / "none.so"
    with pytest.raises(comparing.TargetError, match=r"none\.so"):
        Side(f"lib:{library}")


@pytest.fixture
def one_function(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line without the 52 functions that were not changed."""
    only = {"sxi_filter_events": FUNCTIONS["sxi_filter_events"]}
    monkeypatch.setattr("fsw_emu.compare.search.signatures.functions", lambda _cdef: only)


@pytest.mark.usefixtures("one_function")
def test_the_command_line(
    old: str, filtered: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Found, kept, replayed, and let pass where it is meant."""
    out, result = tmp_path / "vectors", tmp_path / "diff.json"
    base = ["diff", "--a", old, "--b", filtered]
    quick = [*base, "--no-scenes", "--seconds", "0", "--out", str(out), "--json", str(result)]
    assert main(quick) == 1
    said = capsys.readouterr().out
    assert "DIFFERS  sxi_filter_events.result" in said
    assert "cycles       -  (lib:" in said
    found = json.loads(result.read_text())["differences"]
    vectors = sorted(out.iterdir())
    assert len(vectors) == len(found) > 0
    assert isinstance(read_vector(vectors[0]), Call)
    assert main([*base, "--replay", str(vectors[0])]) == 1
    assert main(["diff", "--a", old, "--b", old, "--replay", str(vectors[0])]) == 0
    meant = tmp_path / "intended.toml"
    declared = Intended("sxi_filter_events.*", "so it is", date(9999, 1, 1))
    lines = (f'{name} = "{value}"' for name, value in vars(declared).items() if name != "expires")
    meant.write_text("[[intended]]\n" + "\n".join(lines) + f"\nexpires = {declared.expires}\n")
    assert main([*quick, "--intended", str(meant)]) == 0
    assert main(["diff", "--a", old, "--b", "lib:nowhere.so", "--no-scenes"]) == 2
    assert main([*quick, "--intended", str(tmp_path / "none.toml")]) == 2


def test_every_planted_change_fits_its_file() -> None:
    assert len(planted.CHANGES) == 10
    for change in planted.CHANGES:
        text = (planted.ROOT / "c_src/src" / change.file).read_text()
        assert planted.change_source(text, change) != text
    with pytest.raises(ValueError, match="not exactly once"):
        planted.change_source("", planted.CHANGES[0])
