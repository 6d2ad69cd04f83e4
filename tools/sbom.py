# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Bills of materials, CycloneDX 1.6. Usage: sbom.py [-h] [--out DIR]

DIR/sbom.json is of the product and what it needs to run, DIR/sbom-tools.json of what builds, tests
and examines it, as far as that is installed. The same sources and packages give the same bytes:
no time, and a serial number that is made of the content. Both are checked against the schema.
"""

from __future__ import annotations

import argparse
import hashlib
import platform
import sys
import uuid
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

import third_party
from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL
from third_party import Package

from fsw_emu.atomic import write_atomic
from fsw_emu.provenance import Checkout, checkout

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "build/report"
FLIGHT = ROOT / "build/leon3/sxi.elf"
LICENCE = "Apache-2.0"


def product(sources: Checkout, flight: Path = FLIGHT) -> str:
    """The bill of fsw-emu: Python, packages that it needs, the flight program if it is built."""
    bom = _bom(sources)
    needed = third_party.closure(third_party.run_time())
    components = _python(bom, needed)
    direct = [components[name] for name in third_party.run_time()]
    running = platform.python_version()
    direct.append(_component("python", running, "PSF-2.0", kind=ComponentType.PLATFORM))
    if flight.is_file():
        digest = HashType(
            alg=HashAlgorithm.SHA_256, content=hashlib.sha256(flight.read_bytes()).hexdigest()
        )
        program = _component(
            flight.name, version("fsw-emu"), LICENCE, kind=ComponentType.FIRMWARE, digest=digest
        )
        direct.append(program)
    return _finish(bom, direct)


def tools(sources: Checkout) -> str:
    """The bill of what builds, tests and examines it: packages of Python and of Debian."""
    bom = _bom(sources)
    names = third_party.present(third_party.development())
    components = _python(bom, third_party.closure(names))
    direct = [components[name] for name in names]
    licences = third_party.notice()
    for name, found in sorted(third_party.debian_versions().items()):
        purl, kind = PackageURL("deb", "debian", name, found), ComponentType.APPLICATION
        direct.append(_component(name, found, licences.get(name, ""), kind=kind, purl=purl))
    return _finish(bom, direct)


def fault(text: str) -> str | None:
    """What the schema of CycloneDX 1.6 has against a bill."""
    found = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    return None if found is None else str(found)


def _bom(sources: Checkout) -> Bom:
    bom = Bom()
    release = version("fsw-emu")
    purl = PackageURL("pypi", name="fsw-emu", version=release)
    root = _component("fsw-emu", release, LICENCE, kind=ComponentType.APPLICATION, purl=purl)
    state = {"commit": sources.commit, "dirty": str(sources.dirty).lower(), "tree": sources.tree}
    for name, value in state.items():
        root.properties.add(Property(name=f"fsw-emu:{name}", value=value))
    bom.metadata.component = root
    bom.metadata.timestamp = None
    return bom


def _python(bom: Bom, packages: Iterable[Package]) -> dict[str, Component]:
    """Packages, and which of them needs which."""
    packages = tuple(packages)
    found = {
        p.name: _component(
            p.name, p.version, p.licence, purl=PackageURL("pypi", name=p.name, version=p.version)
        )
        for p in packages
    }
    for package in packages:
        component = found[package.name]
        bom.components.add(component)
        bom.register_dependency(component, [found[name] for name in package.needs])
    return found


def _component(
    name: str,
    release: str,
    licence: str,
    *,
    kind: ComponentType = ComponentType.LIBRARY,
    purl: PackageURL | None = None,
    digest: HashType | None = None,
) -> Component:
    known = licence not in ("", "unknown")
    return Component(
        name=name,
        version=release,
        type=kind,
        bom_ref=purl.to_string() if purl else name,
        purl=purl,
        licenses=[LicenseFactory().make_from_string(licence)] if known else [],
        hashes=[digest] if digest else [],
    )


def _finish(bom: Bom, direct: Iterable[Component]) -> str:
    """The text, with a serial number of all else in it."""
    direct = tuple(direct)
    for component in direct:
        bom.components.add(component)
    root = bom.metadata.component
    assert root is not None
    bom.register_dependency(root, direct)
    bom.serial_number = uuid.UUID(int=0)
    content = JsonV1Dot6(bom).output_as_string(indent=1)
    bom.serial_number = uuid.uuid5(uuid.NAMESPACE_OID, content)
    return JsonV1Dot6(bom).output_as_string(indent=1) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=OUT, metavar="DIR", help="build/report")
    args = parser.parse_args()
    sources = checkout()
    args.out.mkdir(parents=True, exist_ok=True)
    for name, text in (("sbom.json", product(sources)), ("sbom-tools.json", tools(sources))):
        wrong = fault(text)
        if wrong is not None:
            print(f"{name}: {wrong.splitlines()[0]}", file=sys.stderr)
            return 1
        write_atomic(args.out / name, text.encode())
        print(f"{name}: {text.count('bom-ref') - 1} components")
    return 0


if __name__ == "__main__":
    sys.exit(main())
