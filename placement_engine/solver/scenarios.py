"""The scenarios of an uncertain network as a JSON document: ``placement_engine/scenarios``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from placement_engine.problem import FORBIDDEN, PPM, PlacementProblem
from placement_engine.problem_fields import (
    cost_table,
    index_of,
    known,
    list_of,
    object_of,
    parsed,
    plain,
    refuse,
    text_of,
    vector,
    whole,
)
from placement_engine.solver.tail import PERCENT, Aim, Scenario

SCHEMA = "placement_engine/scenarios"
VERSION = 1

_DOCUMENT = frozenset({"schema", "version", "scenarios"})
_SCENARIO = frozenset({"pairs", "tables", "unary_micronats"})
_CHANCES = {"hostility_ppm": "hostility", "reunion_ppm": "reunion"}


def read_scenarios(
    text: str | bytes, problem: PlacementProblem
) -> tuple[tuple[Scenario, ...], Aim]:
    """Read scenarios of a problem, and what is made least over them.

    Raises
    ------
    InvalidProblem
        Names the field that is wrong; nothing of its content stands in the message.
    """
    document = object_of(
        parsed(text), "document", _DOCUMENT, frozenset({"weight_percent", "tail_percent"})
    )
    if document["schema"] != SCHEMA:
        refuse("schema", f'must be "{SCHEMA}"')
    if type(document["version"]) is not int or document["version"] != VERSION:
        refuse("version", f"must be {VERSION}, the only version so far")
    listed = list_of(document["scenarios"], "scenarios", plain)
    if not listed:
        refuse("scenarios", "must list at least one")
    person = index_of([subject.id for subject in problem.subjects], "subjects", "an id")
    pair_at = {frozenset({pair.a, pair.b}): n for n, pair in enumerate(problem.pairs)}
    tail = whole(document.get("tail_percent", 5), "tail_percent", high=PERCENT)
    if not tail:
        refuse("tail_percent", "must be at least 1")
    return tuple(
        _scenario(item, f"scenarios[{i}]", problem, person, pair_at)
        for i, item in enumerate(listed)
    ), Aim(
        weight_percent=whole(document.get("weight_percent", 50), "weight_percent", high=PERCENT),
        tail_percent=tail,
    )


def _scenario(
    value: Any,
    where: str,
    problem: PlacementProblem,
    person: Mapping[str, int],
    pair_at: Mapping[frozenset[int], int],
) -> Scenario:
    given = object_of(value, where, frozenset(), _SCENARIO)
    chances: dict[str, dict[int, int]] = {"hostility": {}, "reunion": {}}
    for i, item in enumerate(list_of(given.get("pairs", []), f"{where}.pairs", plain)):
        at = f"{where}.pairs[{i}]"
        row = object_of(item, at, frozenset({"a", "b"}), frozenset(_CHANCES))
        ends = [known(text_of(row[end], f"{at}.{end}"), person, f"{at}.{end}") for end in "ab"]
        number = pair_at.get(frozenset(ends))
        if number is None:
            refuse(at, "is not a pair of the problem")
        if problem.pairs[number].table is not None:
            refuse(at, "has a table; give the table of the scenario instead")
        for name, kind in _CHANCES.items():
            if row.get(name) is not None:
                if number in chances[kind]:
                    refuse(at, "stands twice")
                chances[kind][number] = whole(row[name], f"{at}.{name}", high=PPM)
    count = len(problem.sites)
    tables = {
        name: cost_table(rows, count)
        for name, rows in object_of(given.get("tables", {}), f"{where}.tables").items()
    }
    for name, table in tables.items():
        if name not in problem.tables:
            refuse(f"{where}.tables", "names a table that is not listed")
        if ((table == FORBIDDEN) & (problem.tables[name] != FORBIDDEN)).any():
            refuse(f"{where}.tables", "forbids what the problem allows; rules are the problem's")
    return Scenario(
        hostility=chances["hostility"],
        reunion=chances["reunion"],
        # Where the problem forbids, what a scenario costs is never asked for.
        tables={name: np.maximum(table, 0) for name, table in tables.items()},
        unary={
            known(name, person, f"{where}.unary_micronats"): vector(
                row, f"{where}.unary_micronats", count
            )
            for name, row in object_of(
                given.get("unary_micronats", {}), f"{where}.unary_micronats"
            ).items()
        },
    )
