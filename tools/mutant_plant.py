# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""One-operator changes of the flight code: where one can be planted, and which are chosen."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import tree_sitter_c
from tree_sitter import Language, Node, Parser

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "c_src/src"

OPERATORS = {
    "<": ("<=", ">="), "<=": ("<", ">"), ">": (">=", "<="), ">=": (">", "<"),
    "==": ("!=",), "!=": ("==",), "&&": ("||",), "||": ("&&",),
    "+": ("-",), "-": ("+",), "*": ("/",), "/": ("*",), "%": ("*",),
    "&": ("|",), "|": ("&",), "^": ("|",), "<<": (">>",), ">>": ("<<",),
    "+=": ("-=",), "-=": ("+=",), "*=": ("+=",), "|=": ("&=",), "&=": ("|=",),
    "^=": ("|=",), "<<=": (">>=",), ">>=": ("<<=",), "++": ("--",), "--": ("++",),
}  # fmt: skip
WITH_OPERATOR = ("binary_expression", "assignment_expression", "update_expression")
#: a status becomes the next one
STATUSES = ("OK", "PARAM", "ROOM", "SHORT", "FORMAT", "LENGTH", "SEQUENCE", "RANGE", "CRC")
#: what is deleted as a statement
DELETED = ("call_expression", "assignment_expression", "update_expression")
#: in a file that a tool writes from a rule
WRITTEN = b"/* Written by tools/"


@dataclass(frozen=True)
class Mutant:
    """One change: bytes start..end of a file become `after`.

    code: the line it begins in, without comments; before: what is replaced, on one line; nth:
    counts those from 1 that agree in all these.
    """

    file: str
    function: str  # or the declaration at file scope
    line: int
    code: str
    before: str
    after: str
    nth: int
    start: int
    end: int

    @property
    def key(self) -> tuple[str, str, str, str, int]:
        """What stays the same when other lines or comments change."""
        return self.file, self.function, self.code, f"{self.before} -> {self.after}", self.nth

    @property
    def name(self) -> str:
        return hashlib.sha256(repr(self.key).encode()).hexdigest()[:8]

    @property
    def where(self) -> str:
        return f"{self.file}:{self.line}"

    @property
    def told(self) -> str:
        """The change in its line."""
        return f"{self.before} -> {self.after}  in  {self.code}"

    def rank(self, seed: int) -> str:
        return hashlib.sha256(f"{seed} {self.key}".encode()).hexdigest()

    def apply(self, text: bytes) -> bytes:
        return text[: self.start] + self.after.encode() + text[self.end :]


def parse(text: bytes) -> Node:
    return Parser(Language(tree_sitter_c.language())).parse(text).root_node


def _units(root: Node) -> Iterator[tuple[str, Node]]:
    """Functions, and initialised declarations and enumerations at file scope; nothing that
    depends on an #if."""
    for node in root.children:
        if node.type == "preproc_ifdef":  # the guard of a header
            yield from _units(node)
        elif node.type in ("function_definition", "declaration"):
            name = node.child_by_field_name("declarator")
            while name is not None and name.type != "identifier":
                name = name.child_by_field_name("declarator")
            if name is not None and name.text is not None:
                yield name.text.decode(), node
        elif node.type == "enum_specifier":
            yield "enum", node


def _walk(node: Node) -> Iterator[Node]:
    if not node.type.startswith("preproc_") and node.type not in ("comment", "array_declarator"):
        yield node
        for child in node.children:
            yield from _walk(child)


def _beside(literal: str) -> Iterator[str]:
    """One more and one less, written as the literal is."""
    found = re.fullmatch(r"(0[xX])?([0-9a-fA-F]+?)([uUlL]*)", literal)
    if found is None:
        return
    prefix, digits, suffix = found[1] or "", found[2], found[3]
    value = int(digits, 16 if prefix else 10)
    for other in (value + 1, value - 1):
        if other >= 0:
            shown = f"{other:0{len(digits)}x}" if prefix else str(other)
            yield prefix + shown + suffix


def _text(node: Node | None) -> str:
    return "" if node is None or node.text is None else node.text.decode()


def _changes(node: Node, sizes: set[str]) -> Iterator[tuple[Node, str]]:
    """What can be put in the place of a node or of its operator."""
    text = _text(node)
    parent = node.parent
    if node.type in WITH_OPERATOR and (operator := node.child_by_field_name("operator")):
        for other in OPERATORS.get(_text(operator), ()):
            yield operator, other
    elif node.type == "unary_expression" and (operator := node.child_by_field_name("operator")):
        yield operator, ""
    elif node.type == "number_literal":
        of_size = parent is not None and _text(parent.child_by_field_name("name")) in sizes
        for other in () if of_size else _beside(text):
            yield node, other
    elif node.type == "continue_statement":
        yield node, "break;"
    elif node.type == "identifier" and text.removeprefix("SXI_STATUS_") in STATUSES:
        above = parent
        while above is not None and above.type in ("conditional_expression", "cast_expression"):
            above = above.parent
        if above is not None and above.type == "return_statement":
            at = STATUSES.index(text.removeprefix("SXI_STATUS_"))
            yield node, f"SXI_STATUS_{STATUSES[(at + 1) % len(STATUSES)]}"
    elif node.type == "expression_statement" and node.children[0].type in DELETED:
        yield node, ";"
    condition = node.child_by_field_name("condition")
    if node.type in ("if_statement", "while_statement") and condition is not None:
        for other in ("(1)", "(0)") if node.type == "if_statement" else ("(0)",):
            yield condition, other


def _array_sizes(roots: Iterable[Node]) -> set[str]:
    """Names that stand for sizes of arrays."""
    names = set()
    pending = list(roots)
    while pending:
        node = pending.pop()
        pending += node.children
        if node.type == "array_declarator":
            size = node.child_by_field_name("size")
            names |= set(re.findall(r"\w+", _text(size)))
    return names


def candidates(folder: Path = SOURCES) -> list[Mutant]:
    """Every change that could be planted in the sources and private headers of a folder.

    Not in tables that a tool writes: they are held to their rule byte for byte, and their last
    digits seldom have a say.
    """
    files = {p.name: p.read_bytes() for p in sorted(folder.iterdir()) if p.suffix in (".c", ".h")}
    roots = {name: parse(text) for name, text in files.items()}
    sizes = _array_sizes(roots.values())
    found = []
    seen: Counter[tuple[str, str, str, str, int]] = Counter()
    for name, root in roots.items():
        if WRITTEN in files[name]:
            continue
        lines = files[name].decode().splitlines()
        for unit, top in _units(root):
            for node in _walk(top):
                for place, after in _changes(node, sizes):
                    row = place.start_point[0]
                    code = " ".join(re.sub(r"/\*.*?(\*/|$)", "", lines[row]).split())
                    before = " ".join(_text(place).split())
                    span = place.start_byte, place.end_byte
                    mutant = Mutant(name, unit, row + 1, code, before, after, 1, *span)
                    seen[mutant.key] += 1
                    found.append(replace(mutant, nth=seen[mutant.key]))
    return found


def queues(mutants: Iterable[Mutant], seed: int) -> list[list[Mutant]]:
    """Those of each function in the order of the seed; the functions too. What is chosen in a
    function does not hang on the others."""
    by_unit: dict[tuple[str, str], list[Mutant]] = {}
    for mutant in sorted(mutants, key=lambda m: m.rank(seed)):
        by_unit.setdefault((mutant.file, mutant.function), []).append(mutant)
    return list(by_unit.values())
