"""CSV files as columns, all faults collected, none of their content ever repeated.

A column is parsed once for each different text in it, so that millions of rows cost a few
thousand parses. A text that cannot be parsed becomes None and one fault for each row.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from placement_engine.errors import Fault, InvalidFiles
from placement_engine.intelligence.column import Column
from placement_engine.intelligence.columns import BadRow, cut, header_of, plain, read
from placement_engine.intelligence.ids import all_ids, id_problem, refusal

T = TypeVar("T")

MOST_FAULTS = 10_000
"""Faults that are told one by one; those beyond are counted, so that no file fills the memory."""


class Unreadable(ValueError):
    """A text that cannot be parsed; its message tells what would have been right."""


@dataclass(slots=True)
class Faults:
    """Faults of the files that belong together; raised together by `raise_any`."""

    what: str
    found: list[Fault] = field(default_factory=list)
    more: int = 0

    def add(self, file: str, line: int, column: str, problem: str) -> None:
        """Note one fault; beyond `MOST_FAULTS` only its number."""
        if len(self.found) < MOST_FAULTS:
            self.found.append(Fault(file, line, column, problem))
        else:
            self.more += 1

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.found) + self.more

    def raise_any(self) -> None:
        """Raise all faults as one error, if there are any."""
        if self.found:
            raise InvalidFiles(self.found, what=self.what, more=self.more)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The columns of one file; `lines` are the line numbers where its rows begin.

    ``readable`` is false where nothing of the file could be used, as a fault tells;
    ``told`` names columns in faults otherwise than here, and ``files``, where rows of
    several files were joined, the file of each.
    """

    file: str
    readable: bool = True
    lines: Sequence[int]
    columns: Mapping[str, Sequence[str]] = field(repr=False)
    faults: Faults
    told: Mapping[str, str] = field(default_factory=dict)
    files: Sequence[str] = ()

    def __len__(self) -> int:
        return len(self.lines)

    def fault(self, row: int, column: str, problem: str) -> None:
        """Note a fault of one row."""
        file = self.files[row] if self.files else self.file
        self.faults.add(file, self.lines[row], self.told.get(column, column), problem)

    def parse(self, name: str, parser: Callable[[str], T]) -> list[T | None]:
        """A column, parsed; None where a text was unreadable and a fault was noted.

        A column that the file does not have reads as empty texts.
        """
        column = self.column(name)
        values = self._values(name, column, parser)
        return [values[code] for code in column.codes.tolist()]

    def numbers(
        self, name: str, parser: Callable[[str], float], kind: type = np.int32
    ) -> NDArray[Any]:
        """A column of numbers, parsed; -1 where a text was unreadable."""
        column = self.column(name)
        values = self._values(name, column, parser)
        numbers = [-1 if value is None else value for value in values]
        return np.array(numbers, dtype=kind)[column.codes]

    def coded(self, name: str, parser: Callable[[str], str]) -> tuple[NDArray[Any], list[str]]:
        """A column of texts as positions among its different texts, the empty one first."""
        column = self.column(name)
        index = {"": 0}
        values = self._values(name, column, parser)
        places = [index.setdefault(value or "", len(index)) for value in values]
        return np.array(places, dtype=np.int32)[column.codes], [*index]

    def positions(
        self, name: str, index: Mapping[str, int], otherwise: Callable[[str], int]
    ) -> NDArray[Any]:
        """A column of texts as what `index` says of them; `otherwise` of those it does not hold."""
        column = self.column(name)
        found = np.array([index.get(text, -1) for text in column.texts], dtype=np.int32)
        if (found < 0).any():
            return self.numbers(
                name, lambda text: index[text] if text in index else otherwise(text)
            )
        return found[column.codes]

    def column(self, name: str) -> Column:
        """A column, blank if the file does not have it."""
        texts = self.columns.get(name)
        if texts is None:
            return Column.blank(len(self))
        return texts if isinstance(texts, Column) else Column.of(texts)

    def _values(self, name: str, column: Column, parser: Callable[[str], T]) -> list[T | None]:
        """What each different text of a column says."""
        # Millions of ids are the rule: what is right about all of them is asked at once.
        if parser is an_id and all_ids(column.texts):
            return list(column.texts)  # type: ignore[arg-type]
        if parser is optional_id and all_ids([text for text in column.texts if text]):
            return list(column.texts)  # type: ignore[arg-type]
        values: list[T | None] = []
        bad: dict[int, str] = {}
        for code, text in enumerate(column.texts):
            try:
                values.append(parser(text))
            except Unreadable as problem:
                values.append(None)
                bad[code] = str(problem)
        if bad:
            wrong = np.isin(column.codes, np.array([*bad], dtype=np.int32))
            for row in np.flatnonzero(wrong).tolist():
                self.fault(row, name, bad[int(column.codes[row])])
        return values


def read_table(
    data: bytes,
    file: str,
    *,
    required: Sequence[str],
    optional: Sequence[str],
    faults: Faults,
    delimiter: str = ",",
) -> Table:
    """Read a CSV file with a header; whatever is wrong is noted in `faults`."""
    empty = unreadable(file, required=required, faults=faults)
    data = data.removeprefix(codecs.BOM_UTF8)
    if not _is_text(data, file, faults):
        return empty
    if b"\r" in data and b'"' not in data:
        data = data.replace(b"\r\n", b"\n")
    try:
        header, start = header_of(data, delimiter)
        if not check_header(header, file, required=required, optional=optional, faults=faults):
            return empty

        def wrong(line: int, fields: int) -> None:
            problem = f"has {fields} fields where the header has {len(header)}"
            faults.add(file, line, "", problem)

        body = None
        if plain(data):
            body = cut(data, start, len(header), wrong, delimiter=delimiter)
        body = body or read(data.decode(), len(header), wrong, delimiter=delimiter)
    except BadRow as row:
        faults.add(file, row.line, "", "is not CSV: check quotes and line ends")
        return empty
    columns = dict(zip(header, body.columns, strict=True))
    return Table(file=file, lines=body.lines, columns=columns, faults=faults)


def unreadable(
    file: str, *, required: Sequence[str], faults: Faults, readable: bool = False
) -> Table:
    """No rows: of a file whose fault is already noted, or, `readable`, that need not be there."""
    columns = {name: list[str]() for name in required}
    return Table(file=file, readable=readable, lines=[], columns=columns, faults=faults)


def _is_text(data: bytes, file: str, faults: Faults) -> bool:
    if b"\0" in data:
        line = data[: data.index(b"\0")].count(b"\n") + 1
        faults.add(file, line, "", "holds a NUL byte; save it as UTF-8 text")
        return False
    if data.isascii():
        return True
    try:
        data.decode()
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        faults.add(file, line, "", "is not UTF-8; save it as UTF-8 text")
        return False
    return True


def check_header(
    header: Sequence[str],
    file: str,
    *,
    required: Sequence[str],
    optional: Sequence[str],
    faults: Faults,
) -> bool:
    """Whether a header names what it must and nothing that it may not; else faults tell."""
    before = faults.count
    known = {*required, *optional}
    for name in required:
        if name not in header:
            faults.add(file, 1, name, "the column is missing")
    for number, name in enumerate(header, start=1):
        refused = refusal(name)
        if refused:
            faults.add(file, 1, f"column {number}", refused)
        elif name not in known:
            columns = ", ".join([*required, *optional])
            faults.add(file, 1, f"column {number}", f"is not a column of this file: {columns}")
        elif name in header[: number - 1]:
            faults.add(file, 1, name, "the column stands twice")
    return faults.count == before


def read_bytes(path: Path, *, limit: int, what: str) -> bytes:
    """The content of a file, or of standard input for ``-``, at most `limit` bytes.

    Raises
    ------
    InvalidFiles
        If it cannot be read or is larger.
    """
    import sys

    try:
        if str(path) == "-":
            data = sys.stdin.buffer.read(limit + 1)
        else:
            with path.open("rb") as stream:
                data = stream.read(limit + 1)
    except OSError as error:
        problem = f"cannot be read ({type(error).__name__}); check the path"
        raise InvalidFiles([Fault(path.name, 0, "", problem)], what=what) from None
    if len(data) > limit:
        problem = f"is larger than {limit // 2**20} MiB"
        raise InvalidFiles([Fault(path.name, 0, "", problem)], what=what)
    return data


# Parsers of one text. ------------------------------------------------------------------


def an_id(text: str) -> str:
    """A pseudonym."""
    problem = id_problem(text)
    if problem:
        raise Unreadable(problem)
    return text


def optional_id(text: str) -> str:
    """A pseudonym or nothing."""
    return an_id(text) if text else ""


def one_of(words: Sequence[str]) -> Callable[[str], int]:
    """Index of one of some words."""
    index = {word: number for number, word in enumerate(words)}

    def parse(text: str) -> int:
        if text not in index:
            raise Unreadable(f"must be one of {', '.join(words)}")
        return index[text]

    return parse


def a_day(text: str) -> int:
    """An ISO date as its day number."""
    problem = "must be a date such as 2026-11-01"
    if not (len(text) == len("2026-11-01") and text[4] == text[7] == "-"):
        # Other ISO forms, such as weeks, are read by some Pythons only.
        raise Unreadable(problem)
    try:
        return date.fromisoformat(text).toordinal()
    except ValueError:
        raise Unreadable(problem) from None


def optional_day(text: str) -> int:
    """A day number, 0 for nothing."""
    return a_day(text) if text else 0


def unit(text: str) -> float:
    """A number from 0 to 1."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0.0 <= value <= 1.0:
        raise Unreadable("must be a number from 0 to 1")
    return value + 0.0  # minus zero is zero


def free_text(text: str) -> str:
    """Any text of at most 200 characters that UTF-8 can hold."""
    if len(text) > 200:
        raise Unreadable("is longer than 200 characters")
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise Unreadable("holds a character that is none")
    return text


def whole(text: str) -> int:
    """A whole number from 0, in plain digits."""
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise Unreadable("must be a whole number from 0")
    return int(text)


def municipality(codes: frozenset[str]) -> Callable[[str], str]:
    """A municipality code among `codes`."""

    def parse(text: str) -> str:
        if text not in codes:
            raise Unreadable("is not the code of a municipality (four digits)")
        return text

    return parse
