"""Build the flight core alone as DIR/libsxi.so. Usage: build_lib.py [-h] DIR [--sanitise]"""

import argparse
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dir", type=Path, help="build folder")
    parser.add_argument("--sanitise", action="store_true", help="with ASan and UBSan")
    args = parser.parse_args()
    bin_dir = Path(sys.executable).parent
    options = ["-Doptimization=3"]
    if args.sanitise:
        options = [
            "-Db_sanitize=address,undefined",
            "-Db_lundef=false",
            "-Doptimization=1",
            "-Ddebug=true",
            "-Dc_args=-fno-sanitize-recover=all",
        ]
    setup = [str(bin_dir / "meson"), "setup", str(args.dir), *options]
    if (args.dir / "build.ninja").exists():
        setup.append("--reconfigure")
    for command in (setup, [str(bin_dir / "ninja"), "-C", str(args.dir), "libsxi.so"]):
        done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)  # noqa: S603
        if done.returncode:
            print(done.stdout + done.stderr)
            return done.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
