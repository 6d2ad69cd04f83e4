# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Hold the request ring's versions to the prototypes. Usage: ring_versions.py [-h] [--update]

fsw_emu/targets/ring_functions.json keeps number, version and prototype (with the structures that it
names) of each function of the ring. Fails where one of them changed and the version did not; with
--update writes the file, once the versions are right.
"""

import argparse
import hashlib
import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / "fsw_emu/targets/ring_functions.json"
ENTRY = re.compile(r"^FUNCTION\((\d+), (\d+), (\d+), (\w+)", re.MULTILINE)

Entry = dict[str, int | str]


def headers() -> str:
    """All public headers, without comments and needless spaces."""
    text = "".join(p.read_text() for p in sorted((ROOT / "c_src/include/sxi").glob("*.h")))
    return re.sub(r"\s+", " ", re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL))


def entries() -> dict[str, Entry]:
    """The functions of the core in the ring's table."""
    text = headers()
    structs = dict(re.findall(r"(struct \w+) \{([^}]*)\}", text))
    found: dict[str, Entry] = {}
    table = (ROOT / "c_src/port/ring/functions.def").read_text()
    for number, version, _, name in ENTRY.findall(table):
        prototype = re.search(rf"[\w ]+ {name}\([^)]*\);", text)
        if prototype is None:
            continue  # of the port
        seen = [prototype[0].strip()]
        for part in seen:
            seen += [structs[s] for s in re.findall(r"struct \w+", part) if structs[s] not in seen]
        digest = hashlib.sha256("\n".join(seen).encode()).hexdigest()[:16]
        found[name] = {"number": int(number), "version": int(version), "prototype": digest}
    return found


def faults(kept: dict[str, Entry], now: dict[str, Entry]) -> list[str]:
    """One line for each promise that is broken."""
    lines = []
    for name, before in kept.items():
        after = now.get(name)
        if after is None:
            taken = [n for n, e in now.items() if e["number"] == before["number"]]
            lines += [f"{n} takes the number of {name}" for n in taken]
        elif after["number"] != before["number"]:
            lines.append(f"{name}: number {before['number']} became {after['number']}")
        elif after["prototype"] != before["prototype"] and after["version"] == before["version"]:
            lines.append(f"{name}: the prototype changed, version {before['version']} did not")
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--update", action="store_true", help="keep what is there now")
    args = parser.parse_args()
    kept = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    now = entries()
    broken = faults(kept, now)
    if args.update and not broken:
        KEPT.write_text(json.dumps(now, indent=1) + "\n")
    elif not broken and kept != now:
        broken = ["functions were added, removed or renewed: ring_versions.py --update"]
    print("\n".join(broken), end="\n" if broken else "")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
