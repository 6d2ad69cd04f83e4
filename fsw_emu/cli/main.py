# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""``fsw-emu``: the entry point."""

from __future__ import annotations

import argparse
import importlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

EXAMPLE = """\
example:
  fsw-emu run --scene storm --frames 12 --out out
  fsw-emu ground out/tm.bin --out ground
  fsw-emu show out/tm.bin --limit 5
  fsw-emu verify out

Every command has --help. Exit: 0 fine, 1 faults found in the data, 2 wrong use.
"""


#: in the order of the help
COMMANDS = (
    *("run", "ground", "show", "verify", "assumptions", "diff", "report"),
    *("compress", "decompress", "archive", "scene", "compare"),
    *("tm", "tc", "interface", "send", "table", "console"),
    *("fee", "dpu", "orbit", "contacts", "board", "bridge", "replay", "import", "lab"),
)


def build_parser(command: str | None = None) -> argparse.ArgumentParser:
    """The command line of one command, so that the others need not be loaded; of all for None or
    what is no command."""
    parser = argparse.ArgumentParser(
        prog="fsw-emu",
        description="Testbed for the onboard software of the Soft X-ray Imager of SMILE.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in (command,) if command in COMMANDS else COMMANDS:
        module = "import_" if name == "import" else name  # a keyword
        importlib.import_module(f"fsw_emu.cli.{module}").add_parser(commands)
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run one command; the exit code."""
    argv = sys.argv[1:] if argv is None else argv
    try:
        args = build_parser(argv[0] if argv else None).parse_args(argv)  # its imports take a while
    except KeyboardInterrupt:
        return 130
    try:
        with _terminated_as_interrupted():
            code: int = args.run(args)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        what = "interrupted; files that were whole stay, the others are removed"
        print(f"fsw-emu {args.command}: {what}", file=sys.stderr)
        return 130
    return code


@contextmanager
def _terminated_as_interrupted() -> Iterator[None]:
    """A SIGTERM cleans up as Ctrl-C does."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


if __name__ == "__main__":
    sys.exit(main())
