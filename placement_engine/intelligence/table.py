"""CSV files as columns, all faults collected, none of their content ever repeated.

A column is parsed once for each different text in it, so that 700,000 rows cost a few
thousand parses. A text that cannot be parsed becomes None and one fault for each row.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from placement_engine.compiled import COMPILED
from placement_engine.errors import Fault, InvalidFiles
from placement_engine.intelligence.coded import Coded
from placement_engine.intelligence.ids import refusal
from placement_engine.intelligence.parsers import Unreadable

T = TypeVar("T")

LARGE = 2**22
"""Bytes from which on a compiled pass over a file pays."""
_CHUNK = 4096
"""Rows turned into columns at once: bounds the memory, not the answer."""
MOST_FAULTS = 10_000
"""Faults that are told one by one; those beyond are counted, so that no file fills the memory."""


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
    lines: Sequence[int] | NDArray[Any]
    columns: Mapping[str, Sequence[str]] = field(repr=False)
    faults: Faults
    told: Mapping[str, str] = field(default_factory=dict)
    files: Sequence[str] = ()

    def __len__(self) -> int:
        return len(self.lines)

    def fault(self, row: int, column: str, problem: str) -> None:
        """Note a fault of one row."""
        file = self.files[row] if self.files else self.file
        self.faults.add(file, int(self.lines[row]), self.told.get(column, column), problem)

    def parse(self, name: str, parser: Callable[[str], T]) -> list[T | None]:
        """A column, parsed; None where a text was unreadable and a fault was noted.

        A column that the file does not have reads as empty texts.
        """
        column = self._column(name)
        known = self._known(name, column, parser)
        return list(map(known.__getitem__, column.codes.tolist()))

    def numbers(
        self, name: str, parser: Callable[[str], float], kind: type = np.int64
    ) -> NDArray[Any]:
        """A column of numbers, parsed; -1 where a text was unreadable."""
        column = self._column(name)
        values: NDArray[Any] = np.full(len(column.texts), -1, dtype=kind)
        for code, value in self._known(name, column, parser).items():
            if value is not None:
                values[code] = value
        return np.asarray(values[column.codes])

    def coded(self, name: str, parser: Callable[[str], str]) -> tuple[NDArray[Any], list[str]]:
        """A column of texts as positions among its different texts, the empty one first."""
        column = self._column(name)
        known = {code: text or "" for code, text in self._known(name, column, parser).items()}
        different = sorted({"", *known.values()})
        position = {text: at for at, text in enumerate(different)}
        places = np.zeros(len(column.texts), dtype=np.int64)
        for code, text in known.items():
            places[code] = position[text]
        return places[column.codes], different

    def _column(self, name: str) -> Coded:
        texts = self.columns.get(name)
        if texts is None:
            return Coded(np.zeros(len(self), dtype=np.int32), [""])
        if isinstance(texts, Coded):
            return texts
        different = dict.fromkeys(texts)
        code = {text: at for at, text in enumerate(different)}
        codes = np.fromiter(map(code.__getitem__, texts), dtype=np.int32, count=len(texts))
        return Coded(codes, list(different))

    def _known(self, name: str, column: Coded, parser: Callable[[str], T]) -> dict[int, T | None]:
        """Each text of a column by its code, parsed once; a fault for each row with a bad one."""
        known: dict[int, T | None] = {}
        bad: dict[int, str] = {}
        for code, text in column.different():
            try:
                known[code] = parser(text)
            except Unreadable as problem:
                known[code] = None
                bad[code] = str(problem)
        if bad:
            for row in np.flatnonzero(np.isin(column.codes, list(bad))).tolist():
                self.fault(row, name, bad[int(column.codes[row])])
        return known


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
    if not _is_text(data, file, faults):
        return empty
    after = data.find(b"\n") + 1
    if COMPILED and len(data) >= LARGE and after and b'"' not in data[:after]:
        from placement_engine.intelligence.large_csv import coded_rows

        first = data[:after].decode("utf-8-sig").rstrip("\r\n")
        header = _cells(first.split(delimiter) if first else [])
        rows = coded_rows(data, start=after, width=len(header), delimiter=delimiter)
        if rows is not None:
            if not check_header(header, file, required=required, optional=optional, faults=faults):
                return empty
            for line, fields in rows.wrong:
                faults.add(file, line, "", _wrong_length(fields, len(header)))
            columns = dict(zip(header, rows.columns, strict=True))
            return Table(file=file, lines=rows.lines, columns=columns, faults=faults)
    return _read_rows(
        data, file, required=required, optional=optional, faults=faults, delimiter=delimiter
    )


def _read_rows(
    data: bytes,
    file: str,
    *,
    required: Sequence[str],
    optional: Sequence[str],
    faults: Faults,
    delimiter: str,
) -> Table:
    """Read it with the csv module, which knows every quote and line end."""
    empty = unreadable(file, required=required, faults=faults)
    text = io.StringIO(data.decode("utf-8-sig"), newline="")
    reader = csv.reader(text, strict=True, delimiter=delimiter)
    lines: list[int] = []
    columns: dict[str, list[str]] = {}
    rows: list[list[str]] = []
    begins = 1
    try:
        header = _cells(next(reader, []))
        if not check_header(header, file, required=required, optional=optional, faults=faults):
            return empty
        begins = reader.line_num + 1
        columns = {name: [] for name in header}
        for row in reader:
            if len(row) == len(header):
                rows.append(row)
                lines.append(begins)
                if len(rows) == _CHUNK:
                    _move(rows, columns)
            elif row:
                faults.add(file, begins, "", _wrong_length(len(row), len(header)))
            begins = reader.line_num + 1
    except csv.Error:
        faults.add(file, begins, "", "is not CSV: check quotes and line ends")
        return empty
    _move(rows, columns)
    return Table(file=file, lines=lines, columns=columns, faults=faults)


def _cells(header: Sequence[str]) -> list[str]:
    return [name.strip() for name in header]


def _wrong_length(fields: int, wanted: int) -> str:
    return f"has {fields} fields where the header has {wanted}"


def _move(rows: list[list[str]], columns: dict[str, list[str]]) -> None:
    """Move rows to the columns: a few long lists burden the collector less than many rows."""
    if rows:
        for column, texts in zip(columns.values(), zip(*rows, strict=True), strict=True):
            column.extend(texts)
        rows.clear()


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
    try:
        if not data.isascii():
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
