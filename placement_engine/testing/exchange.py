"""Networks with everything that a format must carry, and files that are nearly right.

Needs ``hypothesis``, which the program itself does not install.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from placement_engine.intelligence.formats.reports import (
    GROUPS,
    PERSONS,
    PRESENCE,
    TIES,
    Reports,
)
from placement_engine.intelligence.network import CATEGORIES, ENVIRONMENTS, ROLES, Network
from placement_engine.intelligence.network_tables import PERSON_TO_GROUP, WHAT, network_of_tables
from placement_engine.intelligence.table import Faults
from placement_engine.vocabulary import SOURCES, TieKind

CODES = frozenset({"0114", "0180", "1480"})
"""The municipalities of these networks."""
_IDS = ("P-1", "Åsa", "p.2/x", "P:3+4", "G-1", "G_2", "Ö9", "0180")
_TEXTS = st.text(
    st.one_of(
        st.sampled_from("\t\n\r\"'<>&=,;: "),
        st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff"),
    ),
    max_size=12,
)
_FIRST_DAY = date(2020, 1, 1)


@st.composite
def networks(draw: st.DrawFn, *, batch: str = "main", max_rows: int = 8) -> Network:
    """Networks of any role, kind, grade, date, text and code, as the readers would make them."""
    reports = Reports("drawn", Faults(WHAT))
    ids = draw(st.permutations(_IDS))
    cut = draw(st.integers(2, len(ids) - 2))
    persons, groups = ids[:cut], ids[cut:]
    for line, person in enumerate(persons, start=2):
        row = {"person_id": person, "role": draw(st.sampled_from(ROLES)).value}
        row["birth_year"] = draw(st.sampled_from(("", "1900", "1990", "2100")))
        reports.add(PERSONS, line, row)
    for line, group in enumerate(groups, start=2):
        row = {"group_id": group, "category": draw(st.sampled_from(CATEGORIES)).value}
        row["environment"] = draw(st.sampled_from(ENVIRONMENTS)).value
        row["label"] = draw(st.one_of(_TEXTS, st.just(group)))
        reports.add(GROUPS, line, row)
    for line in range(2, 2 + draw(st.integers(0, max_rows))):
        reports.add(TIES, line, draw(_tie(persons, groups)))
    for line in range(2, 2 + draw(st.integers(0, 3))):
        row = {"actor": draw(st.sampled_from(ids)), **draw(_graded())}
        row["municipality"] = draw(st.sampled_from(sorted(CODES)))
        row["strength"] = repr(draw(st.floats(0, 1)))
        reports.add(PRESENCE, line, row)
    return network_of_tables(reports.tables(), batch=batch, codes=CODES, faults=reports.faults)


@st.composite
def _graded(draw: st.DrawFn) -> dict[str, str]:
    seen = _FIRST_DAY + timedelta(days=draw(st.integers(0, 2000)))
    return {
        "source": draw(st.sampled_from(SOURCES)),
        "information": draw(st.sampled_from("123456")),
        "last_seen": seen.isoformat(),
        "ended": draw(st.sampled_from(("", "2026-01-01"))),
    }


@st.composite
def _tie(draw: st.DrawFn, persons: Sequence[str], groups: Sequence[str]) -> dict[str, str]:
    kind = draw(st.sampled_from(TieKind))
    if kind in PERSON_TO_GROUP:
        a, b = draw(st.sampled_from(persons)), draw(st.sampled_from(groups))
    else:
        among = persons if kind is TieKind.KINSHIP else (*persons, *groups)
        a, b = draw(st.permutations(among))[:2]
    return {
        "a": a,
        "b": b,
        "kind": kind.value,
        **draw(_graded()),
        "first_seen": draw(st.sampled_from(("", "2019-12-31"))),
        "severity": draw(st.one_of(st.just(""), st.floats(0, 1).map(repr))),
        "origin": draw(st.sampled_from(("", "", "R-1", "event:E1"))),
        "handling": draw(st.one_of(st.just(""), _TEXTS)),
    }


@st.composite
def damaged(draw: st.DrawFn, good: bytes) -> bytes:
    """A file with some bytes changed, cut out, doubled or put in."""
    data = bytearray(good)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(0, len(data) - 1)))
        length = draw(st.integers(0, 12))
        with_ = draw(
            st.one_of(
                st.binary(max_size=8),
                st.just(bytes(data[at : at + length]) * 2),
                st.sampled_from(_NASTY),
            )
        )
        data[at : at + length] = with_
    return bytes(data)


@st.composite
def altered(draw: st.DrawFn, document: Any) -> Any:
    """A JSON document with one value somewhere in it replaced by any other."""
    if isinstance(document, dict) and document and draw(st.integers(0, 9)):
        key = draw(st.sampled_from(sorted(document)))
        return {**document, key: draw(altered(document[key]))}
    if isinstance(document, list) and document and draw(st.integers(0, 9)):
        at = draw(st.integers(0, len(document) - 1))
        return [*document[:at], draw(altered(document[at])), *document[at + 1 :]]
    return draw(_JSON)


_JSON: st.SearchStrategy[Any] = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=False),
        st.text(max_size=20),
        st.sampled_from(("bundle", "relationship", "identity", "2026-02-30", "P1", "B2")),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
_NASTY = (
    b"\0",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"=1+1",
    b"NaN",
    b"1e999",
    b'"',
    b"'",
    b"<",
    b"&#0;",
    b"&x;",
    b"<!DOCTYPE x>",
    b"]]>",
    b"{",
    b"[[[[",
    b"null",
    b"\r",
    b"\n",
    b",",
    b"9" * 40,
    b"-1",
    b"\xed\xa0\x80",
)
"""What readers stumble over."""
