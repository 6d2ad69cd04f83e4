# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Service 194 and the loops of thermal control: the law beside a model, and the loop closed."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fsw_emu.dpu.dpu import Dpu
from fsw_emu.dpu.thermal_control import Law, State, stepped
from fsw_emu.interface.parameter_crc import closed
from fsw_emu.packets.pus import build_tc
from fsw_emu.world.adc import Channel, raw_value
from fsw_emu.world.memory import MemoryId
from fsw_emu.world.world import World

TTC1, TTC2 = 1, 2
plain = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def fresh(rig: Any) -> Any:
    """Another unit, for one example."""
    new = type(rig)(Dpu(World(noise_lsb=0.0), booted=True))
    new.take()
    return new


def model(law: Law, celsius: list[float], volts: float) -> list[float]:
    """Control voltages, from one on: the law as the facts have it."""
    integral, old = 0.0, math.nan
    told = []
    for now in celsius:
        if not math.isnan(old):
            integral = integral + law.dt_s * (law.reference - old)
        old = now
        percent = law.offset + law.p * (law.reference - now) + law.i * integral
        if percent < 0:
            percent = 0.0
        if percent > 100:
            percent = 100.0
        change = law.low_v + (law.high_v - law.low_v) * percent / 100 - volts
        if abs(change) > law.slew_v:
            change = math.copysign(law.slew_v, change)
        volts += change
        told.append(volts)
    return told


laws = st.builds(
    Law,
    dt_s=st.integers(1, 400).map(lambda n: n / 8),
    slew_v=st.floats(0.01, 3),
    low_v=st.floats(0, 1),
    high_v=st.floats(1.5, 3),
    reference=st.floats(-130, 20),
    p=st.floats(-100, 100),
    i=st.floats(-1, 1),
    offset=st.floats(-50, 150),
)


@pytest.mark.verifies("ASW-23")
@given(laws, st.lists(st.floats(-150, 50), max_size=30))
def test_the_law_is_that_of_the_model(law: Law, celsius: list[float]) -> None:
    state, volts = State(law.low_v), []
    for each in celsius:
        before = state
        state = stepped(law, state, each)
        volts.append(state.volts)
        assert law.low_v <= state.volts <= law.high_v
        assert abs(state.volts - before.volts) <= law.slew_v + 1e-12
    assert volts == pytest.approx(model(law, celsius, law.low_v), abs=1e-9)


def test_a_loop_follows_the_model_of_what_it_measured(rig: Any) -> None:
    """The polynomial and the period, from the converter to the heater."""
    pool, world = rig.dpu.onboard.pool, rig.dpu.world
    pool["HctrlParCoeffI"] = 0.02
    pool["HctrlParTempRef"] = pool["HctrlParTempRefUL"] = -110.0
    rig.send("AlgoStrt", AlgoId=TTC1)
    celsius, volts = [], []
    for _ in range(60):
        raw = float(world.adc(Channel.TEMP_CCD))
        powers = [-402.587, 4.33198e-2, -9.2699e-7, 1.53423e-10, -6.16102e-15]
        celsius.append(sum(c * raw**i for i, c in enumerate(powers)))
        volts.append(pool.real("HctrlVctrl"))
        assert pool.real("tempCalc") == pytest.approx(celsius[-1], abs=0.05)
        rig.run(40)
    law = Law(5.0, 0.5, 0.3, 2.9, -110.0, 50.0, 0.02, 30.0)
    wanted = model(law, celsius, world.heaters.law.low_v)
    assert volts == pytest.approx(wanted, abs=0.03)
    assert len(set(volts)) > 2


@pytest.mark.parametrize("i", [0.0, 0.02])
def test_the_closed_loop_settles(rig: Any, i: float) -> None:
    """With the offset alone it stays where proportional control leaves it; else at the reference,
    as far as polynomial and calibration agree."""
    pool, world = rig.dpu.onboard.pool, rig.dpu.world
    pool["HctrlParCoeffI"] = i
    pool["HctrlParTempRef"] = pool["HctrlParTempRefUL"] = -108.0
    rig.send("AlgoStrt", AlgoId=TTC1)
    rig.dpu.run(8 * 3600)
    late = []
    for _ in range(10):
        rig.dpu.run(8 * 60)
        late.append(world.temperatures["ccd"])
    assert max(late) - min(late) < 0.2
    assert all(abs(each + 108.0) < (0.2 if i else 1.0) for each in late)
    assert abs(pool.real("tempCalc") - world.temperatures["ccd"]) < 0.15


def test_both_loops_warm_their_own(rig: Any) -> None:
    world = rig.dpu.world
    world.act("sink.shift", sink="panel", kelvin=-5.0)
    rig.send("AlgoStrt", AlgoId=TTC2)
    rig.dpu.run(8 * 3600)
    assert abs(world.temperatures["fee"] - 10.0) < 1.0
    assert world.heaters.volts(1) == world.heaters.law.low_v
    rig.send("AlgoStop", AlgoId=TTC2)
    assert world.heaters.volts(2) == world.heaters.law.low_v


MOVES = {
    ("SAL_INACTIVE", "AlgoStrt"): "SAL_ACTIVE",
    ("SAL_ACTIVE", "AlgoStop"): "SAL_INACTIVE",
    ("SAL_ACTIVE", "AlgoSusp"): "SAL_SUSPENDED",
    ("SAL_SUSPENDED", "AlgoRes"): "SAL_ACTIVE",
    ("SAL_SUSPENDED", "AlgoStop"): "SAL_INACTIVE",
}
names = st.sampled_from(["AlgoStrt", "AlgoStop", "AlgoSusp", "AlgoRes", "disable", "enable"])


@given(st.lists(st.tuples(names, st.sampled_from([1, 2]), st.integers(1, 30)), max_size=12))
@settings(plain, max_examples=40)
def test_any_sequence_of_commands(rig: Any, steps: list[tuple[str, int, int]]) -> None:
    rig = fresh(rig)
    table, pool = rig.dpu.table, rig.dpu.onboard.pool
    states, counts = {1: "SAL_INACTIVE", 2: "SAL_INACTIVE"}, {1: 0, 2: 0}
    for name, loop, n_cycles in steps:
        if name in ("disable", "enable"):
            pool[f"algoTtc{loop}Enabled"] = int(name == "enable")
            off = states[loop] == "SAL_OFF"
            if off == (name == "enable"):
                states[loop] = "SAL_INACTIVE" if off else "SAL_OFF"
                counts[loop] = 0
            rig.run(n_cycles)
        else:
            failure = rig.failure(rig.send(name, AlgoId=loop, cycles=n_cycles))
            to = MOVES.get((states[loop], name))
            wrong = "ACK_ALGO_DIS" if states[loop] == "SAL_OFF" else "ACK_WR_ALGO_M"
            assert failure == ("" if to else wrong)
            if to:
                states[loop], counts[loop] = to, 0
        counts = {each: count + n_cycles for each, count in counts.items()}
        for each, state in states.items():
            assert table.label("AlgoState", pool[f"algoTtc{each}State"]) == state
            assert pool[f"algoTtc{each}StateCnt"] == counts[each]


@given(st.lists(st.integers(1, 50), min_size=1, max_size=10), st.integers(0, 20))
@settings(plain, max_examples=30)
def test_skipped_cycles_give_the_same(rig: Any, parts: list[int], period: int) -> None:
    rigs = [fresh(rig) for _ in range(2)]
    for each in rigs:
        each.dpu.onboard.pool["HctrlParExecPer"] = period
        each.send("AlgoStrt", AlgoId=TTC1)
        each.send("AlgoStrt", AlgoId=TTC2, cycles=3)
    for n_cycles in parts:
        rigs[0].dpu.run(n_cycles)
        rigs[1].run(n_cycles)
        one, other = (each.dpu for each in rigs)
        assert one.world.heaters.heat_w == other.world.heaters.heat_w
        assert one.world.temperatures["ccd"] == pytest.approx(other.world.temperatures["ccd"])
        for item in ("HctrlVctrl", "tempInteg", "tempCalc"):
            assert one.onboard.pool.real(item) == other.onboard.pool.real(item)
        assert one.onboard.pool["algoTtc1StateCnt"] == other.onboard.pool["algoTtc1StateCnt"]


def test_no_such_algorithm(rig: Any) -> None:
    assert rig.failure(rig.send("AlgoStrt", AlgoId=3)) == "ACK_ILL_AID"


@pytest.mark.parametrize(
    ("item", "value"),
    [
        ("HctrlParExecPer", 0),
        ("HctrlParVctrlLowerVolt", 3.0),
        ("HctrlParMaxDeltaVoltage", -1.0),
        ("HctrlParCoeffP", math.inf),
        ("HctrlParTempRef", math.nan),
        ("CcdTempAdcOperCoef0", math.nan),
        ("CcdTempAdcOperCoef4", math.inf),
    ],
)
def test_parameters_that_are_of_no_use_are_told_once(rig: Any, item: str, value: float) -> None:
    pool = rig.dpu.onboard.pool
    pool["HctrlParExecPer"] = 4
    before = pool[item] if item == "HctrlParExecPer" else pool.real(item)
    rig.send("AlgoStrt", AlgoId=TTC1, cycles=9)
    pool[item] = value
    assert rig.events(rig.run(20)) == ["EVT_HCTRL_NOPARAM"]
    assert rig.dpu.world.heaters.volts(1) == rig.dpu.world.heaters.law.low_v
    pool[item] = before
    assert rig.events(rig.run(20)) == []
    pool[item] = value
    assert rig.events(rig.run(20)) == ["EVT_HCTRL_NOPARAM"]


def test_a_set_that_is_missing_is_told_until_it_is_loaded(boot_rig: Any) -> None:
    rig = boot_rig
    table = rig.dpu.table
    address = table.assumed["parameter_sets"]["HEAT_CTRL_IASW"]
    rig.dpu.world.memory.write(MemoryId.MRAM, address, b"damaged")
    rig.send("DBS_TC_BOOT_IASW", cycles=20)
    assert rig.events(rig.send("AlgoStrt", AlgoId=TTC1)) == ["EVT_HCTRL_NOPARAM"]
    assert rig.events(rig.run(100)) == []
    rig.send("ParamLoadArm")
    data = closed(
        table.telecommand_data(
            "SetParValHeatCtl", {"HctrlParTempRef": -100.0, "HctrlParTempRefUL": -90.0}
        )
    )
    rig.put(build_tc(apid=321, count=9, type=20, subtype=3, data=data), cycles=100)
    assert rig.dpu.world.heaters.volts(1) > 1.0


SENSORS = {"ccd2": ("FRMHKccd2TsA", -100.0), "ccd4": ("FRMHKccd4TsB", -104.0)}


@pytest.mark.parametrize(
    ("selection", "of"),
    [
        ("BOTH_FEE", lambda a, b, _: (a + b) / 2),
        ("CCD2_ONLY", lambda a, *_: a),
        ("CCD4_ONLY", lambda _, b, __: b),
        ("NO_FEE", lambda _, __, c: c),
        ("ALL", lambda a, b, c: (a + b + c) / 3),
        ("MEDIAN", lambda _, b, __: b),
        ("BEST2", lambda a, b, _: (a + b) / 2),
    ],
)
def test_where_the_temperature_is_from(rig: Any, selection: str, of: Any) -> None:
    pool, table = rig.dpu.onboard.pool, rig.dpu.table
    for item, celsius in SENSORS.values():
        ohm = 999.49599 + 3.88482301 * celsius - 8.51690296e-4 * celsius**2
        pool[item] = round(ohm * 32)
    pool["tempSrc"] = table.value("TtcTempSrc", "FEE_HK")
    pool["tempSel"] = table.value("FeeTempSel", selection)
    rig.send("AlgoStrt", AlgoId=TTC1)
    wanted = of(-100.0, -104.0, rig.dpu.world.temperatures["ccd"])
    assert pool.real("tempCalc") == pytest.approx(wanted, abs=0.1)


@pytest.mark.parametrize("celsius", [-120.0, -40.0, 0.0, 20.0, 60.0])
def test_the_converter_far_from_where_it_is_used(rig: Any, celsius: float) -> None:
    """By the polynomial up to its threshold, by the straight line above."""
    world = rig.dpu.world
    world.converter.override(Channel.TEMP_CCD, raw_value(Channel.TEMP_CCD, celsius))
    rig.send("AlgoStrt", AlgoId=TTC1)
    assert rig.dpu.onboard.pool.real("tempCalc") == pytest.approx(celsius, abs=0.6)


def test_heaters_rest_after_a_reset(rig: Any) -> None:
    rig.dpu.onboard.pool["HctrlParTempRef"] = -114.0
    rig.dpu.world.act("adc.override", channel="TEMP_CCD", raw=6700)
    rig.send("AlgoStrt", AlgoId=TTC1, cycles=100)
    assert rig.dpu.world.heaters.volts(1) > 1
    rig.dpu.reset()
    rig.run(1)
    assert rig.dpu.world.heaters.volts(1) == rig.dpu.world.heaters.law.low_v
