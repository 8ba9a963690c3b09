"""Each kind of tie can be read aloud in both languages, and what is protected stays so."""

from __future__ import annotations

from dataclasses import replace

import pytest

from placement_engine.report.network_bodies import EdgeRow, SourceRow
from placement_engine.report.sentences import sentence
from placement_engine.vocabulary import Language, TieKind

SHOWN = SourceRow(source="O-1", grade="B2", months=17, protected=False)
HIDDEN = SourceRow(source=None, grade=None, months=None, protected=True)
EDGE = EdgeRow(
    a="P-1",
    b="G-1",
    kind="membership",
    past=False,
    implied=False,
    protected=False,
    strength=0.7,
    grade="B2",
    months=17,
    sources=(SHOWN,),
)


@pytest.mark.parametrize("kind", TieKind)
@pytest.mark.parametrize("language", Language)
def test_every_kind_has_a_clause(kind: TieKind, language: Language) -> None:
    told = sentence([replace(EDGE, kind=kind.value)], language)
    assert told.startswith("P-1 ")
    assert "G-1" in told
    assert told.endswith(").")
    assert "{" not in told


@pytest.mark.parametrize(
    ("edge", "swedish"),
    [
        (EDGE, "P-1 är med i G-1 (B2, 17 månader, källa O-1)."),
        (replace(EDGE, past=True, months=1), "P-1 har varit med i G-1 (B2, 1 månad, källa O-1)."),
        (
            replace(EDGE, kind="defection", implied=True, months=0),
            "P-1 räknas som avhoppare från G-1 (B2, under en månad, källa O-1).",
        ),
        (
            replace(EDGE, grade=None, months=None, strength=None, sources=(HIDDEN,)),
            "P-1 är med i G-1 (skyddad uppgift).",
        ),
        (
            replace(EDGE, sources=(SHOWN, SHOWN, HIDDEN)),
            "P-1 är med i G-1 (B2, 17 månader, källa O-1, skyddad uppgift).",
        ),
    ],
)
def test_what_is_read(edge: EdgeRow, swedish: str) -> None:
    assert sentence([edge], Language.SWEDISH) == swedish
