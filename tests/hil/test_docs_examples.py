# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Examples of README.md and docs/*.md marked `sh ci` run as they stand, but for their ports."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from fsw_emu.fee.memory import FeeMemory
from fsw_emu.fee.target import RmapTarget
from fsw_emu.packets.rmap import Status

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
BLOCK = re.compile(r"^```sh ci\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PORT = re.compile(r"(?<=127\.0\.0\.1:)\d+")
TIME_LIMIT_S = 150  # of one block, on a machine with much else to do

EXAMPLES = {
    path.name: blocks
    for path in (ROOT / "README.md", *sorted(DOCS.glob("*.md")))
    if (blocks := BLOCK.findall(path.read_text(encoding="utf-8")))
}


def on_free_ports(blocks: list[str]) -> list[str]:
    """The same port is the same in all of them."""
    ports = sorted({port for block in blocks for port in PORT.findall(block)})
    with ExitStack() as stack:
        taken = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in ports]
        free = {p: str(s.getsockname()[1]) for p, s in zip(ports, taken, strict=True)}
    return [PORT.sub(lambda found: free[found.group()], block) for block in blocks]


def run(block: str, folder: Path) -> tuple[int, str]:
    """Exit code and all that was printed; nothing of it goes on afterwards."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    # the plugins of the suite that runs this are not those of the examples
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    shell = subprocess.Popen(
        ["/bin/bash", "-e", "-c", block],
        cwd=folder,
        env=environment | {"PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        said, _ = shell.communicate(timeout=TIME_LIMIT_S)
    except subprocess.TimeoutExpired as error:
        raise AssertionError(f"longer than {TIME_LIMIT_S} s:\n{error.output!r}") from None
    finally:
        with suppress(ProcessLookupError):
            os.killpg(shell.pid, signal.SIGKILL)
        shell.wait()
        assert shell.stdout is not None
        shell.stdout.close()
    return shell.returncode, said


@pytest.mark.parametrize("page", EXAMPLES)
def test_examples_run(page: str, tmp_path: Path) -> None:
    (tmp_path / "docs").symlink_to(DOCS)
    for block in on_free_ports(EXAMPLES[page]):
        code, said = run(block, tmp_path)
        assert code == 0, f"{block}\n{said}"


def test_the_loop_has_its_examples() -> None:
    assert {page: len(blocks) for page, blocks in EXAMPLES.items()} == {
        "README.md": 1, "archive.md": 1, "bridge.md": 4, "compare.md": 2, "compression.md": 1,
        "contacts.md": 2, "egse.md": 1, "scene.md": 1, "tables.md": 1, "walkthrough.md": 1,
    }  # fmt: skip


def test_the_bytes_of_the_fee_page_start_its_mode() -> None:
    page = (DOCS / "fee.md").read_text(encoding="utf-8")
    memory = FeeMemory()
    target = RmapTarget(memory)
    commands = re.findall(r"^(51 01 [0-9a-f ]+?) {2,}([0-9a-f ]+?) {2,}", page, re.MULTILINE)
    assert len(commands) == 2
    for header, data in commands:
        reply = target.received(bytes.fromhex(header + data), eep=False)
        assert reply is not None
        assert reply[3] == Status.OK
    assert memory.get("ccd_mode_config") == 3
    assert memory.get("event_detection") == 1
