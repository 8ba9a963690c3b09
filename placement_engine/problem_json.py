"""The problem as a JSON document: ``placement_engine/problem``, version 1.

Strict in both directions: an unknown key, a key that stands twice, a float, a negative or
a matrix that is not symmetric is refused with the name of the field, never with its content.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from placement_engine.problem import (
    FORBIDDEN,
    MAX_COST,
    PPM,
    UNLIMITED,
    IntArray,
    Level,
    PlacementProblem,
    ProblemPair,
    ProblemSubject,
)
from placement_engine.problem_fields import (
    cost_of,
    cost_table,
    index_of,
    known,
    list_of,
    matrix_of,
    object_of,
    parsed,
    plain,
    refuse,
    text_of,
    vector,
    whole,
)
from placement_engine.vocabulary import MunicipalityCode, SubjectRef

SCHEMA = "placement_engine/problem"
VERSION = 1

_PROBLEM = frozenset({"schema", "version", "sites", "distance_m", "exposure_ppm", "subjects"})
_PROBLEM_OPTIONAL = frozenset(
    {"capacity", "tie_key", "pairs", "tables", "fixed", "lexicographic", "bands_micronats"}
)
_SUBJECT = frozenset({"id", "unary_micronats"})
_SUBJECT_OPTIONAL = frozenset(
    {"forbidden", "demand", "current", "move_cost_micronats", "preference", "ceiling_micronats"}
)
_PAIR = frozenset({"a", "b"})
_PAIR_NUMBERS = frozenset({"hostility_ppm", "reunion_ppm", "separation_m", "penalty_micronats"})


def read_problem(text: str | bytes) -> PlacementProblem:
    """Read a problem from its JSON document.

    Parameters
    ----------
    text
        The document; bytes are UTF-8.

    Raises
    ------
    InvalidProblem
        Names the field that is wrong; nothing of its content stands in the message.
    """
    document = object_of(parsed(text), "document", _PROBLEM, _PROBLEM_OPTIONAL)
    # An optional field may be given as null, which is the same as leaving it out.
    document = {k: v for k, v in document.items() if v is not None or k in _PROBLEM}
    if document["schema"] != SCHEMA:
        refuse("schema", f'must be "{SCHEMA}"')
    if type(document["version"]) is not int or document["version"] != VERSION:
        refuse("version", f"must be {VERSION}, the only version so far")
    codes = list_of(document["sites"], "sites", text_of)
    listed = list_of(document["subjects"], "subjects", plain)
    for name, items in (("sites", codes), ("subjects", listed)):
        if not items:
            refuse(name, "must list at least one")
    site = index_of(codes, "sites", "a site")
    count = len(codes)
    subjects = tuple(_subject(item, f"subjects[{i}]", site) for i, item in enumerate(listed))
    person = index_of([s.id for s in subjects], "subjects", "an id")
    rows = list_of(document.get("pairs", []), "pairs", plain)
    tables = object_of(document.get("tables", {}), "tables")
    bands = list_of(document.get("bands_micronats", [5013, 51293]), "bands_micronats", cost_of)
    if len(bands) != 2:
        refuse("bands_micronats", "must be two numbers")
    return PlacementProblem(
        sites=tuple(MunicipalityCode(code) for code in codes),
        distance_m=matrix_of(document["distance_m"], "distance_m", count, high=MAX_COST - 1),
        exposure_ppm=matrix_of(document["exposure_ppm"], "exposure_ppm", count, high=PPM),
        capacity=_capacity(document.get("capacity", {}), site, count),
        subjects=subjects,
        pairs=tuple(_pair(item, f"pairs[{i}]", person) for i, item in enumerate(rows)),
        tables={name: cost_table(table, count) for name, table in tables.items()},
        fixed={
            known(name, person, "fixed"): known(text_of(at, "fixed"), site, "fixed")
            for name, at in object_of(document.get("fixed", {}), "fixed").items()
        },
        lexicographic=tuple(
            list_of(document.get("lexicographic", ["total", "moves"]), "lexicographic", _level)
        ),
        bands=(bands[0], bands[1]),
        tie_key=_key(document.get("tie_key", "")),
    )


def write_problem(problem: PlacementProblem) -> str:
    """The JSON document of a problem, one line, read back to an equal problem.

    Examples
    --------
    >>> import numpy as np
    >>> from placement_engine.problem import PlacementProblem, ProblemSubject
    >>> one = np.zeros((1, 1), dtype=np.int64)
    >>> subject = ProblemSubject(id=SubjectRef("S1"), unary=one[0])
    >>> problem = PlacementProblem(
    ...     sites=(MunicipalityCode("0114"),),
    ...     distance_m=one, exposure_ppm=one, capacity=one[0] + 3, subjects=(subject,),
    ... )
    >>> read_problem(write_problem(problem)).capacity
    array([3])
    """
    sites = problem.sites
    ids = [subject.id for subject in problem.subjects]
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "version": VERSION,
        "sites": list(sites),
        "distance_m": problem.distance_m.tolist(),
        "exposure_ppm": problem.exposure_ppm.tolist(),
        "capacity": {
            code: free
            for code, free in zip(sites, problem.capacity.tolist(), strict=True)
            if free != UNLIMITED
        },
        "tie_key": problem.tie_key.hex(),
        "subjects": [_written_subject(subject, sites) for subject in problem.subjects],
        "pairs": [
            {"a": ids[pair.a], "b": ids[pair.b]}
            | (
                {"table": pair.table}
                if pair.table is not None
                else {
                    "hostility_ppm": pair.hostility_ppm,
                    "reunion_ppm": pair.reunion_ppm,
                    "separation_m": pair.separation_m,
                    "penalty_micronats": pair.penalty,
                }
            )
            for pair in problem.pairs
        ],
        "tables": {
            name: [[None if cost == FORBIDDEN else cost for cost in row] for row in table.tolist()]
            for name, table in problem.tables.items()
        },
        "fixed": {ids[k]: sites[at] for k, at in problem.fixed.items()},
        "lexicographic": [level.value for level in problem.lexicographic],
        "bands_micronats": list(problem.bands),
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def _written_subject(
    subject: ProblemSubject, sites: tuple[MunicipalityCode, ...]
) -> dict[str, Any]:
    written: dict[str, Any] = {
        "id": subject.id,
        "forbidden": {sites[m]: list(why) for m, why in subject.forbidden.items()},
        "unary_micronats": subject.unary.tolist(),
        "demand": subject.demand,
        "current": None if subject.current is None else sites[subject.current],
        "move_cost_micronats": subject.move_cost,
        "ceiling_micronats": subject.ceiling,
    }
    if subject.preference is not None:
        written["preference"] = subject.preference.tolist()
    return written


def _level(value: Any, where: str) -> Level:
    try:
        return Level(text_of(value, where))
    except ValueError:
        refuse(where, "must be worst_band, total or moves")


def _key(value: Any) -> bytes:
    try:
        return bytes.fromhex(value)
    except (TypeError, ValueError):
        refuse("tie_key", "must be hexadecimal")


def _capacity(value: Any, site: Mapping[str, int], count: int) -> IntArray:
    capacity = np.full(count, UNLIMITED, dtype=np.int64)
    for code, free in object_of(value, "capacity").items():
        capacity[known(code, site, "capacity")] = whole(free, "capacity", high=UNLIMITED - 1)
    return capacity


def _subject(value: Any, where: str, site: Mapping[str, int]) -> ProblemSubject:
    given = object_of(value, where, _SUBJECT, _SUBJECT_OPTIONAL)
    forbidden = {
        known(code, site, f"{where}.forbidden"): tuple(
            list_of(reasons, f"{where}.forbidden", text_of)
        )
        for code, reasons in object_of(given.get("forbidden", {}), f"{where}.forbidden").items()
    }
    current, preference = given.get("current"), given.get("preference")
    ceiling = given.get("ceiling_micronats")
    return ProblemSubject(
        id=SubjectRef(text_of(given["id"], f"{where}.id")),
        forbidden=forbidden,
        unary=vector(given["unary_micronats"], f"{where}.unary_micronats", len(site)),
        demand=cost_of(given.get("demand", 1), f"{where}.demand"),
        current=None
        if current is None
        else known(text_of(current, f"{where}.current"), site, f"{where}.current"),
        move_cost=cost_of(given.get("move_cost_micronats", 0), f"{where}.move_cost_micronats"),
        preference=None
        if preference is None
        else vector(preference, f"{where}.preference", len(site)),
        ceiling=None
        if ceiling is None
        else whole(ceiling, f"{where}.ceiling_micronats", high=UNLIMITED - 1),
    )


def _pair(value: Any, where: str, person: Mapping[str, int]) -> ProblemPair:
    given = object_of(value, where, _PAIR, _PAIR_NUMBERS | {"table"})
    by_table = given.get("table") is not None
    if by_table and given.keys() & _PAIR_NUMBERS:
        refuse(where, "a table stands in place of the other costs, not beside them")
    penalty = given.get("penalty_micronats")
    return ProblemPair(
        a=known(text_of(given["a"], f"{where}.a"), person, f"{where}.a"),
        b=known(text_of(given["b"], f"{where}.b"), person, f"{where}.b"),
        hostility_ppm=whole(given.get("hostility_ppm", 0), f"{where}.hostility_ppm", high=PPM),
        reunion_ppm=whole(given.get("reunion_ppm", 0), f"{where}.reunion_ppm", high=PPM),
        separation_m=whole(
            given.get("separation_m", 0), f"{where}.separation_m", high=MAX_COST - 1
        ),
        penalty=None if penalty is None else cost_of(penalty, f"{where}.penalty_micronats"),
        table=text_of(given["table"], f"{where}.table") if by_table else None,
    )
