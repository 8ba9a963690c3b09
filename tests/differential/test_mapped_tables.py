"""Mapped CSV turned over by columns says what a plain loop over its rows says."""

from __future__ import annotations

import csv
import io
from datetime import datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from placement_engine.intelligence.formats.mapping import TableRule
from placement_engine.intelligence.formats.reports import PERSONS, TIES
from placement_engine.intelligence.formats.tabular import by_rules
from placement_engine.intelligence.table import Faults, Table, read_table

HEADER = ("Vem", "Vad", "Grad", "När")
TIE = TableRule(
    rows=TIES,
    columns={"a": "Vem", "kind": "Vad", "grade": "Grad", "last_seen": "När"},
    constants={"b": "G1"},
    values={"kind": {"fiende": "rivalry"}},
    dates="%d/%m/%Y",
    where={"Vad": frozenset({"fiende", "hot", ""})},
)
PERSON = TableRule(rows=PERSONS, columns={"person_id": "Vem"}, distinct=True)
ROWS = st.lists(
    st.tuples(
        st.sampled_from(("P1", " P1", "P2", "", "P 3")),
        st.sampled_from(("fiende", "hot ", "vän", "")),
        st.sampled_from(("B2", "A1", "b2", "", "B22")),
        st.sampled_from(("01/02/2026", "31/02/2026", "", "2026-01-01")),
    ),
    max_size=12,
)


def by_rows(rows: list[tuple[str, ...]]) -> tuple[list[tuple[str, ...]], set[tuple[int, str]]]:
    """The ties and the faults, in the most obvious way."""
    ties, faults = [], set()
    for line, row in enumerate(rows, start=2):
        who, what, grade, day = (text.strip() for text in row)
        if what not in ("fiende", "hot", ""):
            continue
        if len(grade) != 2 or grade[0] not in "ABCDEF" or grade[1] not in "123456":
            faults.add((line, "grade"))
            grade = "F6"
        if day:
            try:
                day = datetime.strptime(day, "%d/%m/%Y").date().isoformat()  # noqa: DTZ007
            except ValueError:
                faults.add((line, "last_seen"))
                day = "0001-01-01"
        ties.append((who, "G1", "rivalry" if what == "fiende" else what, *grade, day))
    return ties, faults


def cells(table: Table, *names: str) -> list[tuple[str, ...]]:
    return list(zip(*(table.columns[name] for name in names), strict=True))


@settings(max_examples=60, deadline=None)
@given(rows=ROWS)
def test_columns_say_what_rows_say(rows: list[tuple[str, ...]]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=";", lineterminator="\n").writerows([HEADER, *rows])
    faults = Faults("refused")

    def opened(rule: TableRule, required: object, optional: object) -> Table:
        data = text.getvalue().encode()
        return read_table(data, "l.csv", required=HEADER, optional=(), faults=faults, delimiter=";")

    tables = by_rules([TIE, PERSON], opened, faults)
    ties, wrong = by_rows(rows)
    found = cells(tables[TIES], "a", "b", "kind", "source", "information", "last_seen")
    assert found == ties
    assert {(fault.line, fault.column) for fault in faults.found} == wrong
    persons = dict.fromkeys(row[0].strip() for row in rows if row[0].strip())
    assert list(tables[PERSONS].columns["person_id"]) == [*persons]
    assert len(tables[PERSONS].lines) == len(persons)
