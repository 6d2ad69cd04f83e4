# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What of the core need not run, each place with its reason, in a comment beside it:

    uncovered branch object*2 3f9a: n > 0 whenever out is not full

The kinds, with the number of gaps where it is not one, then a hash of the statement that begins
on the line of the comment, or on the next line of code where the comment has its own. Another
statement, or another number of gaps, and the exception no longer holds.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from coverage_host import Gap

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_EXCEPTION = re.compile(
    r"/\*\s*uncovered\s+([a-z*\d ]+?)\s+([0-9a-f]{4}):\s+(\S.*?)\s*\*/", re.DOTALL
)
_KIND = re.compile(r"(statement|branch|mcdc|object)(?:\*([1-9]\d*))?")


@dataclass(frozen=True)
class Excuse:
    """n gaps of a kind on a line that need not run; digest: as written, and as it is now."""

    file: str
    line: int
    kind: str
    n: int
    digest: str
    digest_now: str
    reason: str


class Source:
    """A file of C; statements are found by their first lines."""

    def __init__(self, name: str, text: str) -> None:
        self.name, self.text = name, text
        blank = _COMMENT.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)
        self._code = blank.splitlines()

    def line_of(self, at: int) -> int:
        """The line that a comment beginning at this character speaks of: its own, or the next
        one with code; 0 where there is none."""
        first = self.text.count("\n", 0, at)
        following = range(first, len(self._code))
        return next((line + 1 for line in following if self._code[line].strip()), 0)

    def digest(self, line: int) -> str:
        """Four hexadecimal digits of the statement that begins there, whatever its spaces."""
        words: list[str] = []
        for code in self._code[line - 1 :]:
            words += code.split()
            if words and words[-1][-1] in ";{}:":
                break
        return hashlib.sha256(" ".join(words).encode()).hexdigest()[:4]


def read(name: str, text: str) -> tuple[list[Excuse], list[str]]:
    """The exceptions of a source file, and the comments that look like one and are none."""
    source = Source(name, text)
    found, wrong = [], []
    for comment in _COMMENT.finditer(text):
        if not re.match(r"/\*\s*uncovered\b", comment[0]):
            continue
        line = source.line_of(comment.start())
        match = _EXCEPTION.fullmatch(comment[0])
        kinds = [_KIND.fullmatch(word) for word in match[1].split()] if match else []
        if match is None or not line or None in kinds:
            wrong.append(f"{name}:{line}: no exception as they are written: {comment[0]}")
            continue
        reason = " ".join(match[3].replace("\n *", "\n").split())
        found += [
            Excuse(name, line, k[1], int(k[2] or 1), match[2], source.digest(line), reason)
            for k in kinds
            if k is not None
        ]
    return found, wrong


def judge(gaps: Iterable[Gap], exceptions: Sequence[Excuse]) -> list[str]:
    """What speaks against it, a line each: gaps without an exception, exceptions whose
    statement has changed, and such as are not needed."""
    excused = {(e.file, e.line, e.kind): e for e in exceptions}
    at_place: dict[tuple[str, int, str], list[Gap]] = {}
    for gap in sorted(gaps):
        at_place.setdefault((gap.file, gap.line, gap.kind), []).append(gap)
    said = [
        f"{place[0]}:{place[1]}: two exceptions for {place[2]}"
        for place, n in Counter((e.file, e.line, e.kind) for e in exceptions).items()
        if n > 1
    ]
    for place, exception in excused.items():
        n = len(at_place.get(place, []))
        where = f"{exception.file}:{exception.line}: exception for {exception.kind}"
        if exception.digest != exception.digest_now:
            said.append(f"{where} has expired: the statement is {exception.digest_now} now")
        elif n < exception.n:
            said.append(f"{where} is not needed: {n} gaps, not {exception.n}")
    for place, found in at_place.items():
        excuse = excused.get(place)
        if excuse is None or excuse.n < len(found):
            of = f" ({len(found)} gaps, {excuse.n} excused)" if excuse else ""
            said += [f"{gap.file}:{gap.line}: {gap.kind}: {gap.what}{of}" for gap in found]
    return said


def read_all(texts: Mapping[str, str]) -> tuple[list[Excuse], list[str]]:
    """Those of all source files, name -> text."""
    pairs = [read(name, text) for name, text in sorted(texts.items())]
    return [e for found, _ in pairs for e in found], [w for _, wrong in pairs for w in wrong]
