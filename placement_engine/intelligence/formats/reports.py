"""Reports in no format: rows of texts with the line each stands on, ready to be checked.

Every reader fills one `Reports`. Its rows have the columns of the network folder, so that
one place decides what a network may be, whatever program the file came from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from placement_engine.errors import InvalidConfiguration
from placement_engine.intelligence.column import Column
from placement_engine.intelligence.network_tables import FILES
from placement_engine.intelligence.table import Faults, Table

PERSONS, GROUPS, TIES, PRESENCE, EVENTS = FILES
"""The kinds of rows, by the name of their file in a folder."""


class Reports:
    """Rows of persons, groups, ties and presences of one file.

    Parameters
    ----------
    file
        Its name, for the faults.
    """

    def __init__(self, file: str, faults: Faults) -> None:
        self.file = file
        self.faults = faults
        self._lines: dict[str, list[int]] = {kind: [] for kind in FILES}
        self._columns: dict[str, dict[str, list[str]]] = {
            kind: {name: [] for name in columns_of(kind)} for kind in FILES
        }

    def add(self, kind: str, line: int, row: Mapping[str, str]) -> None:
        """Add one row of `kind`; a column that it does not have is blank."""
        self._lines[kind].append(line)
        for name, texts in self._columns[kind].items():
            texts.append(row.get(name, ""))

    def fault(self, line: int, column: str, problem: str) -> None:
        """Note a fault of this file."""
        self.faults.add(self.file, line, column, problem)

    def tables(self) -> dict[str, Table]:
        """The rows by their kind."""
        return {
            kind: Table(
                file=self.file,
                lines=self._lines[kind],
                columns=self._columns[kind],
                faults=self.faults,
                # What could not be read is told already, and no tie is to blame for it.
                readable=not self.faults.count,
            )
            for kind in FILES
        }


def columns_of(kind: str) -> tuple[str, ...]:
    """All columns of a kind of rows."""
    required, optional = FILES[kind]
    return (*required, *optional)


def joined(kind: str, tables: Sequence[Table], faults: Faults) -> Table:
    """Rows of one kind out of several tables, each fault still told where it stands."""
    several = len({table.file for table in tables}) > 1
    return Table(
        file=tables[0].file if tables else "",
        files=_repeated((table.file, len(table)) for table in tables) if several else (),
        lines=tables[0].lines
        if len(tables) == 1
        else [line for table in tables for line in table.lines],
        columns={
            name: Column.joined([table.column(name) for table in tables])
            for name in columns_of(kind)
        },
        faults=faults,
        readable=all(table.readable for table in tables),
    )


def _repeated(files: Iterable[tuple[str, int]]) -> list[str]:
    return [file for file, rows in files for _ in range(rows)]


def missing_library(name: str) -> InvalidConfiguration:
    """The error of a format whose library is not installed."""
    return InvalidConfiguration(
        f"This format needs {name}, which is not installed.",
        unchanged="Nothing was imported.",
        do="Install it with: pip install 'placement-engine[formats]'",
    )
