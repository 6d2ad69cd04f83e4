# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""``fsw-emu fee``: a process at the end of a link, and what it refuses to start with."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

import numpy as np
import pytest
from fee_peer import Peer
from fee_rig import NODES, Bench, noise, write_command

from fsw_emu.cli.main import main
from fsw_emu.core import Core
from hil.ports import open_link

EVENT_SIMULATION = 0xA


@pytest.mark.verifies("FEEMODE-1", "FEEMODE-2")
def test_a_process_answers_and_sends(core: Core, tmp_path: Path) -> None:
    """Frames of a file are in its SRAM; options set registers; an interrupt ends it well."""
    np.savez(tmp_path / "frames.npz", **noise())
    command = [sys.executable, "-m", "fsw_emu.cli.main", "fee", "--link",
               "gresb-server://127.0.0.1:0", "--frames", str(tmp_path / "frames.npz"),
               "--set", "packet_size=90", "--set", "ccd4_f_pix_threshold=1000",
               "--window-order", "simulator", "--start", "event-simulation",
               "--error-flag", "ext_sdram_edac_corr_err_error",
               "--error-flag", "spw_link_parity_error@9e5"]  # fmt: skip
    bench = Bench(core, ccd4_f_pix_threshold=1000, readings={"window_order": "simulator"})
    for node, frame in noise().items():
        bench.memory.load_frame(node, frame)
    expected = bench.readout(EVENT_SIMULATION)

    async def session() -> None:
        fee = await asyncio.create_subprocess_exec(
            *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        assert fee.stdout is not None
        address = (await fee.stdout.readline()).decode().removeprefix("fee: ").strip()
        link = await open_link(address.replace("gresb-server", "gresb"))
        peer = Peer(link)
        await peer.until(lambda: len(peer.data) == len(expected))
        assert peer.data[1:] == expected[1:]
        assert await peer.read("packet_size") == 90
        assert await peer.read("ccd_mode_config") == EVENT_SIMULATION
        assert await peer.read("error_flag_ext_sdram_edac_corr_err_error") == 1
        assert await peer.read("error_flag_spw_link_parity_error") == 0
        await peer.ask(write_command("execute_op", 1))
        await peer.until(lambda: len(peer.data) == 2 * len(expected))
        fee.send_signal(signal.SIGINT)
        _, errors = await fee.communicate()
        assert (fee.returncode, errors) == (0, b"")
        await peer.until(lambda: peer.reason is not None)

    asyncio.run(asyncio.wait_for(session(), 30))


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--set", "bias=1"], "'bias' is no configuration register"),
        (["--set", "frame_counter=1"], "'frame_counter' is no configuration register"),
        (["--set", "packet_size=65536"], "packet_size is a number of 0..65535"),
        (["--set", "packet_size"], "packet_size is a number of 0..65535"),
        (["--error-flag", "edac"], "'edac' is no error flag"),
        (["--error-flag", "spw_link_parity_error@nan"], "'nan' is no time"),
        (["--frames", "absent.npz"], "absent.npz: No such file"),
        (["--frames", "none.npz"], "none.npz: E5: none of E2, F2"),
        (["--frames", "README.md"], "README.md: "),
        (["--recording", "README.md"], "README.md: not a recording"),
        (["--recording", "empty"], "empty: no FEE packets"),
        (["--rate", "100"], "invalid choice: '100'"),
        (["--scene", "storm", "--frames", "x.npz"], "not allowed with"),
        (["--link", "carrier-pigeon://there"], "no transport carrier-pigeon"),
    ],
)
def test_wrong_use_is_one_line(
    options: list[str], why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    np.savez("none.npz", E5=noise()[NODES[0]])
    Path("README.md").write_text("what it is\n")
    Path("empty").touch()
    try:
        code = main(["fee", "--link", "gresb-server://127.0.0.1:0", *options])
    except SystemExit as error:
        code = int(str(error.code))
    out, errors = capsys.readouterr()
    assert (code, out) == (2, "")
    assert why in errors.splitlines()[-1]
    assert errors.splitlines()[-1].startswith("fsw-emu fee: ")
