# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The manifest of a folder of products: what is in it, and all it was made of.

It is written last, in one form only, and holds the hash of its own rest, so that a changed byte of
any file shows, its own included. What belongs to the clock or the machine stands apart in it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from fsw_emu.atomic import write_atomic
from fsw_emu.provenance import Input, Provenance, as_json, plain

FILE = "manifest.json"
FORMAT = 1
_FIELDS = {
    "format": int,
    "command": dict,
    "parameters": dict,
    "provenance": dict,
    "products": list,
    "apart": dict,
    "sha256": str,
}


class ManifestError(ValueError):
    """A manifest that is not as it was written."""


@dataclass(frozen=True)
class Product:
    """One file: its name within the folder, with slashes."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What a command was asked for and what came of it.

    ``command``: its name and options. ``parameters``: the parameter set in full. ``apart``: all
    that the clock or the machine decides; no product depends on it.
    """

    command: Mapping[str, Any]
    parameters: Mapping[str, Any]
    provenance: Mapping[str, Any]
    products: tuple[Product, ...]
    apart: Mapping[str, Any]


@dataclass(frozen=True)
class Verified:
    """What a folder was found to be: listed files, what is wrong with some (a line each), files
    that nothing lists."""

    products: int
    wrong: tuple[str, ...]
    unlisted: tuple[str, ...]


def describe(path: Path, name: str) -> Input:
    """Size and hash of a file's bytes. OSError."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return Input(name, file.tell(), digest)


def write(
    folder: Path,
    names: Iterable[str],
    origin: Provenance,
    *,
    command: Mapping[str, Any],
    parameters: Mapping[str, Any],
    apart: Mapping[str, Any],
) -> None:
    """List the named files of the folder. OSError."""
    body = {
        "format": FORMAT,
        "command": plain(command),
        "parameters": plain(parameters),
        "provenance": as_json(origin),
        "products": [asdict(describe(folder / name, name)) for name in sorted(names)],
        "apart": plain(apart),
    }
    write_atomic(folder / FILE, _text({**body, "sha256": _hash(body)}))


def write_sidecar(path: Path, origin: Provenance) -> Path:
    """Where a file comes from, as NAME.json beside it. OSError."""
    beside = path.with_name(f"{path.name}.json")
    about = {**asdict(describe(path, path.name)), "provenance": as_json(origin)}
    write_atomic(beside, _text(about))
    return beside


def _text(value: Any) -> bytes:
    """The one form: ASCII, keys sorted, a space a level."""
    return (json.dumps(value, sort_keys=True, indent=1, allow_nan=False) + "\n").encode("ascii")


def _hash(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(_text(body)).hexdigest()


def read(path: Path) -> Manifest:
    """A manifest that is as it was written, names of products within its folder; OSError,
    ManifestError for anything else."""
    data = path.read_bytes()
    try:
        found = json.loads(data)
        rest = {name: value for name, value in found.items() if name != "sha256"}
        whole = found["sha256"] == _hash(rest) and data == _text(found)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise ManifestError(f"{path}: not a manifest, or damaged") from error
    if not whole:
        raise ManifestError(f"{path}: damaged: it is not what its own hash says")
    if found.get("format") != FORMAT:
        raise ManifestError(f"{path}: format {found.get('format')!r} is not known")
    try:
        for name, kind in _FIELDS.items():
            if not isinstance(found[name], kind):
                raise TypeError(name)
        products = tuple(_product(path, one) for one in found["products"])
    except (KeyError, TypeError) as error:
        raise ManifestError(f"{path}: a field is missing or of another kind: {error}") from error
    return Manifest(
        command=found["command"],
        parameters=found["parameters"],
        provenance=found["provenance"],
        products=products,
        apart=found["apart"],
    )


def _product(path: Path, entry: Mapping[str, Any]) -> Product:
    product = Product(**entry)
    name = product.name
    kinds = (isinstance(name, str), type(product.bytes) is int, isinstance(product.sha256, str))
    if not all(kinds):
        raise TypeError("products")
    pure = PurePosixPath(name)
    if (
        not (name and name.isprintable())
        or pure.is_absolute()
        or ".." in pure.parts
        or (name != str(pure))
    ):
        raise ManifestError(f"{path}: {name!r} is no file of its folder")
    return product


def verify(folder: Path) -> Verified:
    """Hash every file again and compare. OSError where there is no manifest, ManifestError where
    it is damaged or leads out of the folder."""
    manifest = read(folder / FILE)
    wrong = [line for product in manifest.products if (line := _wrong(folder, product))]
    listed = {product.name for product in manifest.products} | {FILE}
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    return Verified(len(manifest.products), tuple(wrong), tuple(sorted(there - listed)))


def _wrong(folder: Path, product: Product) -> str:
    """What is wrong with a file; nothing if it is as listed."""
    path = folder / product.name
    try:
        if not path.resolve().is_relative_to(folder.resolve()):
            raise ManifestError(f"{path}: leads out of the folder")
        if not path.is_file():
            return f"{product.name}: missing"
        found = describe(path, product.name)
    except (OSError, RuntimeError) as error:  # a loop of links is a RuntimeError
        return f"{product.name}: cannot be read: {getattr(error, 'strerror', None) or error}"
    if found.bytes != product.bytes:
        return f"{product.name}: changed: {found.bytes} bytes, not {product.bytes}"
    if found.sha256 != product.sha256:
        return f"{product.name}: changed: its hash is another"
    return ""


def clear(folder: Path, keep: Iterable[Path]) -> None:
    """Remove what the manifest here lists, and it first; a damaged one lists nothing.

    keep: files that are still needed; FileExistsError where one of them would go.
    """
    try:
        products = read(folder / FILE).products
    except (OSError, ManifestError):
        products = ()
    kept = {path.resolve() for path in keep}
    paths = [folder / product.name for product in products]
    for path in paths:
        if path.resolve() in kept:
            raise FileExistsError(17, "is a product of the run in this folder", str(path))
    (folder / FILE).unlink(missing_ok=True)
    for path in paths:
        if path.resolve().is_relative_to(folder.resolve()) and path.is_file():
            path.unlink()
