# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Table images: a table with all its values, checksums and telecommands, as a file (TOML)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fsw_emu.egse.tables.source import address, mapping, octets, parsed, string
from fsw_emu.egse.tables.steps import telecommands
from fsw_emu.egse.tables.table import (
    Block,
    MemoryTable,
    ParameterSet,
    Table,
    TableError,
    filter_set,
    mask_table,
    memory_table,
    parameter_set,
    set_crc,
    shortest,
)
from fsw_emu.interface.table import Interface

FORMAT = 1
_LINE_BYTES = 48
_CHANGED = "does not fit the rest of the image: build it again"


def write_image(made: Table, table: Interface) -> str:
    """The text of an image."""
    lines = ["# A table image of fsw-emu: docs/tables.md", f"image = {FORMAT}"]
    lines.append(f'kind = "{made.kind}"')
    if isinstance(made, MemoryTable):
        lines += [f'memory = "{made.memory}"', *_blocks(made)]
    else:
        if isinstance(made, ParameterSet):
            lines += [f'set = "{made.set}"', f"crc = {set_crc(made, table):#06x}"]
        lines += [
            "",
            "[values]",
            *(f"{name} = {shortest(each)}" for name, each in made.values.items()),
        ]
    for count, step in enumerate(telecommands(made, table)):
        packet = step.packet(table, count).hex()
        lines += ["", "[[telecommands]]", f'name = "{step.name}"', f'packet = "{packet}"']
    return "\n".join(lines) + "\n"


def read_image(text: str, table: Interface) -> Table:
    """A table from its image. TableError for what is none, or has a part that does not fit the
    others."""
    image = parsed(text)
    if "image" not in image:
        raise TableError("no table image: fsw-emu table build makes one")
    if image["image"] != FORMAT:
        raise TableError(f"an image of format {image['image']!r}, not {FORMAT}")
    made = _table(image, table)
    crc = image.get("crc")
    if isinstance(made, ParameterSet) and crc != set_crc(made, table):
        raise TableError(f"its checksum {_CHANGED}")
    packets = [string(each, "packet") for each in _tables(image, "telecommands")]
    steps = enumerate(telecommands(made, table))
    if packets != [step.packet(table, count).hex() for count, step in steps]:
        raise TableError(f"a telecommand {_CHANGED}")
    return made


def _table(image: Mapping[str, Any], table: Interface) -> Table:
    kind = string(image, "kind")
    if kind == "filter-set":
        return filter_set(mapping(image, "values"), table)
    if kind == "parameter-set":
        return parameter_set(string(image, "set"), mapping(image, "values"), table)
    blocks = [_block(each) for each in _tables(image, "blocks")]
    if kind == "patch":
        if len(blocks) != 1:
            raise TableError("a patch is one block")
        return memory_table("patch", string(image, "memory"), blocks, table)
    if kind != "bad-pixels":
        raise TableError(f"kind {kind!r} is of no table")
    made = mask_table({block.label: block.data for block in blocks}, table)
    if sorted(made.blocks, key=_address) != sorted(blocks, key=_address):
        raise TableError(f"an address {_CHANGED}")
    return made


def _address(block: Block) -> int:
    return block.address


def _block(found: Mapping[str, Any]) -> Block:
    block = Block(str(found.get("node", "")), address(found), octets(string(found, "data")))
    if found.get("crc") != block.crc:
        raise TableError(f"the checksum of the block at {block.address:#010x} {_CHANGED}")
    return block


def _tables(image: Mapping[str, Any], key: str) -> Sequence[Mapping[str, Any]]:
    found = image.get(key, [])
    if not isinstance(found, list) or not all(isinstance(each, Mapping) for each in found):
        raise TableError(f"{key} are tables")
    return found


def _blocks(made: MemoryTable) -> Iterator[str]:
    for block in made.blocks:
        yield from ("", "[[blocks]]")
        if block.label:
            yield f'node = "{block.label}"'
        yield from (f"address = {block.address:#010x}", f"crc = {block.crc:#06x}", 'data = """')
        for at in range(0, len(block.data), _LINE_BYTES):
            yield block.data[at : at + _LINE_BYTES].hex()
        yield '"""'
