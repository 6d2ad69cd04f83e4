# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""``fsw-emu run --from``: a run once more, from its manifest, and whether the same came of it."""

from __future__ import annotations

import argparse
import contextlib
import io
import sys
from pathlib import Path
from typing import Any

import fsw_emu.targets
from fsw_emu import manifest
from fsw_emu.cli import mainjob
from fsw_emu.cli.setup import UsageError
from fsw_emu.manifest import Manifest

MAX_SHOWN = 10


def run(args: argparse.Namespace) -> int:
    """Exit code of the run; 1 too where an input is another or a product came out otherwise."""
    before = manifest.read(args.manifest)
    if before.command.get("name") != "run":
        raise UsageError(f"{args.manifest}: not of a run: {before.command.get('name')!r}")
    new = _parsed(args, before)
    for name, value in before.command["options"].items():
        if isinstance(value, dict) and not _is_same(getattr(new, name), value):
            print(f"fsw-emu run: {getattr(new, name)}: not the file of {args.manifest}",
                  file=sys.stderr)  # fmt: skip
            return 1
    expected = before.provenance.get("onboard")
    expected = expected.get("sha256") if isinstance(expected, dict) else None
    if new.target != "host" and fsw_emu.targets.build(new.target).sha256 != expected:
        print(f"fsw-emu run: {new.target}: not the build of {args.manifest}", file=sys.stderr)
        return 1
    code = mainjob.run(new)
    return max(code, _compare(before, manifest.read(args.out / manifest.FILE)))


def _parsed(args: argparse.Namespace, before: Manifest) -> argparse.Namespace:
    """The manifest's options as if they were typed, so that they are held to the same rules;
    files where they were, or where the command line says."""
    parser: argparse.ArgumentParser = args.parser
    paths, folder = before.apart.get("paths"), before.apart.get("folder")
    options = before.command.get("options")
    if not isinstance(paths, dict) or not isinstance(folder, str) or not isinstance(options, dict):
        raise UsageError(f"{args.manifest}: no options or paths in it")
    given = {n: v for n, v in vars(args).items() if v != parser.get_default(n)}
    given = {n: v for n, v in given.items() if n not in ("command", "out", "manifest")}
    if strange := set(given) - set(paths):
        flag = min(strange).replace("_", "-")
        raise UsageError(f"--{flag}: --from brings its own options; only its files may be given")
    typed = [f"--out={args.out}"]
    for name, value in options.items():
        if isinstance(value, dict) and name not in paths:
            raise UsageError(f"{args.manifest}: {name}: a file without a place")
        if name in given:
            value = given[name]
        elif name in paths:
            value = _place(name, value, Path(folder, str(paths[name])))
        if name == "recording":
            typed += [] if value is None else ["--", str(value)]
        elif value is not None and value is not False:
            flag = "--" + name.replace("_", "-")
            text = ",".join(map(str, value)) if isinstance(value, list) else value
            typed.insert(0, flag if value is True else f"{flag}={text}")
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
            new = parser.parse_args(typed)
    except SystemExit as error:
        why = said.getvalue().strip().rpartition("\n")[2]
        raise UsageError(f"{args.manifest}: not options of this version: {why}") from error
    new.command = "run"
    return new


def _place(name: str, value: Any, path: Path) -> str:
    return f"{str(value).partition(':')[0]}:{path}" if name == "target" else str(path)


def _is_same(path: Path, expected: dict[str, Any]) -> bool:
    """Whether a file holds what the manifest says, whatever it is called. OSError."""
    found = manifest.describe(path, path.name)
    return (found.bytes, found.sha256) == (expected.get("bytes"), expected.get("sha256"))


def _compare(before: Manifest, after: Manifest) -> int:
    """Tell what differs; 0 where nothing does."""
    old, new = ({one.name: one for one in made.products} for made in (before, after))
    differing = sorted(name for name in old | new if old.get(name) != new.get(name))
    if not differing:
        print(f"  products    all {len(new)} as in the manifest, byte for byte")
        return 0
    changed = [n for n, v in after.provenance.items() if before.provenance.get(n) != v]
    if changed:
        print(f"fsw-emu run: made by or of something else: {', '.join(changed)}", file=sys.stderr)
    for name in differing[:MAX_SHOWN]:
        print(f"fsw-emu run: {name}: not as in the manifest", file=sys.stderr)
    if len(differing) > MAX_SHOWN:
        print(f"fsw-emu run: {len(differing) - MAX_SHOWN} more products differ", file=sys.stderr)
    return 1
