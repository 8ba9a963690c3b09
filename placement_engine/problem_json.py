"""The problem as a JSON document: ``placement_engine/problem``, version 1.

Strict in both directions: an unknown key, a key that stands twice, a float, a negative or
a matrix that is not symmetric is refused with the name of the field, never with its content.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any, NoReturn, TypeVar

import numpy as np

from placement_engine.errors import InvalidProblem
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
from placement_engine.vocabulary import MunicipalityCode, SubjectRef

SCHEMA = "placement_engine/problem"
VERSION = 1
MAX_DIGITS = 30
"""No number that is allowed is longer; refused before Python reads it."""

TOO_LARGE: int = 10**MAX_DIGITS

T = TypeVar("T")

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
    document = _object(_parse(text), "document", _PROBLEM, _PROBLEM_OPTIONAL)
    # An optional field may be given as null, which is the same as leaving it out.
    document = {k: v for k, v in document.items() if v is not None or k in _PROBLEM}
    if document["schema"] != SCHEMA:
        _refuse("schema", f'must be "{SCHEMA}"')
    if type(document["version"]) is not int or document["version"] != VERSION:
        _refuse("version", f"must be {VERSION}, the only version so far")
    codes = _list(document["sites"], "sites", _text)
    listed = _list(document["subjects"], "subjects", _plain)
    for name, items in (("sites", codes), ("subjects", listed)):
        if not items:
            _refuse(name, "must list at least one")
    site = _index(codes, "sites", "a site")
    count = len(codes)
    subjects = tuple(_subject(item, f"subjects[{i}]", site) for i, item in enumerate(listed))
    person = _index([s.id for s in subjects], "subjects", "an id")
    rows = _list(document.get("pairs", []), "pairs", _plain)
    tables = _object(document.get("tables", {}), "tables")
    bands = _list(document.get("bands_micronats", [5013, 51293]), "bands_micronats", _cost)
    if len(bands) != 2:
        _refuse("bands_micronats", "must be two numbers")
    return PlacementProblem(
        sites=tuple(MunicipalityCode(code) for code in codes),
        distance_m=_matrix(document["distance_m"], "distance_m", count, high=MAX_COST - 1),
        exposure_ppm=_matrix(document["exposure_ppm"], "exposure_ppm", count, high=PPM),
        capacity=_capacity(document.get("capacity", {}), site, count),
        subjects=subjects,
        pairs=tuple(_pair(item, f"pairs[{i}]", person) for i, item in enumerate(rows)),
        tables={name: _table(table, count) for name, table in tables.items()},
        fixed={
            _known(name, person, "fixed"): _known(_text(at, "fixed"), site, "fixed")
            for name, at in _object(document.get("fixed", {}), "fixed").items()
        },
        lexicographic=tuple(
            _list(document.get("lexicographic", ["total", "moves"]), "lexicographic", _level)
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


def _refuse(where: str, what: str) -> NoReturn:
    raise InvalidProblem(f"{where}: {what}.", unchanged="Nothing was computed.") from None


def _parse(text: str | bytes) -> Any:
    def whole(digits: str) -> int:
        if len(digits) > MAX_DIGITS:
            # Out of range wherever it stands, so that its field is named there.
            return -TOO_LARGE if digits.startswith("-") else TOO_LARGE
        return int(digits)

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({name for name, _ in pairs}) != len(pairs):
            _refuse("document", "a key stands twice in one object")
        return dict(pairs)

    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8-sig")
        return json.loads(text, parse_int=whole, object_pairs_hook=once)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError):
        _refuse("document", "is not JSON in UTF-8")


def _object(
    value: Any,
    where: str,
    required: frozenset[str] | None = None,
    optional: frozenset[str] = frozenset(),
) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        _refuse(where, "must be an object")
    if required is not None:
        for name in sorted(required - value.keys()):
            _refuse(f"{where}.{name}", "is missing")
        if value.keys() - required - optional:
            _refuse(
                where, f"holds an unknown key; known are {', '.join(sorted(required | optional))}"
            )
    return value


def _list(value: Any, where: str, read: Callable[[Any, str], T]) -> list[T]:
    if not isinstance(value, list):
        _refuse(where, "must be a list")
    return [read(item, f"{where}[{i}]") for i, item in enumerate(value)]


def _plain(value: Any, where: str) -> Any:
    del where
    return value


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str) or not value:
        _refuse(where, "must be text")
    return value


def _whole(value: Any, where: str, *, high: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        endless = isinstance(value, float) and not math.isfinite(value)
        _refuse(where, "must not be NaN or infinite" if endless else "must be a whole number")
    if value < 0:
        _refuse(where, "must not be negative")
    if value > high:
        _refuse(where, f"must not be above {high}")
    return value


def _cost(value: Any, where: str) -> int:
    return _whole(value, where, high=MAX_COST - 1)


def _level(value: Any, where: str) -> Level:
    try:
        return Level(_text(value, where))
    except ValueError:
        _refuse(where, "must be worst_band, total or moves")


def _key(value: Any) -> bytes:
    try:
        return bytes.fromhex(value)
    except (TypeError, ValueError):
        _refuse("tie_key", "must be hexadecimal")


def _known(name: str, index: Mapping[str, int], where: str) -> int:
    found = index.get(name)
    if found is None:
        _refuse(where, "names something that is not listed")
    return found


def _index(names: list[Any], where: str, what: str) -> dict[str, int]:
    if len(set(names)) != len(names):
        _refuse(where, f"{what} stands twice")
    return {name: i for i, name in enumerate(names)}


def _vector(value: Any, where: str, count: int) -> IntArray:
    row = _list(value, where, _cost)
    if len(row) != count:
        _refuse(where, f"must hold {count} numbers, one a site")
    return np.array(row, dtype=np.int64)


def _matrix(value: Any, where: str, count: int, *, high: int) -> IntArray:
    def entry(item: Any, place: str) -> int:
        return _whole(item, place, high=high)

    def row(items: Any, place: str) -> list[int]:
        found = _list(items, place, entry)
        if len(found) != count:
            _refuse(place, f"must hold {count} numbers, one a site")
        return found

    rows = _list(value, where, row)
    if len(rows) != count:
        _refuse(where, f"must hold {count} rows, one a site")
    matrix = np.array(rows, dtype=np.int64).reshape(count, count)
    if not np.array_equal(matrix, matrix.T):
        _refuse(where, "must be symmetric")
    return matrix


def _table(value: Any, count: int) -> IntArray:
    def entry(item: Any, place: str) -> int:
        return FORBIDDEN if item is None else _cost(item, place)

    def row(items: Any, place: str) -> list[int]:
        found = _list(items, place, entry)
        if len(found) != count:
            _refuse("tables", f"a row must hold {count} costs, one a site")
        return found

    rows = _list(value, "tables", row)
    if len(rows) != count:
        _refuse("tables", f"a table must hold {count} rows, one a site")
    return np.array(rows, dtype=np.int64).reshape(count, count)


def _capacity(value: Any, site: Mapping[str, int], count: int) -> IntArray:
    capacity = np.full(count, UNLIMITED, dtype=np.int64)
    for code, free in _object(value, "capacity").items():
        capacity[_known(code, site, "capacity")] = _whole(free, "capacity", high=UNLIMITED - 1)
    return capacity


def _subject(value: Any, where: str, site: Mapping[str, int]) -> ProblemSubject:
    given = _object(value, where, _SUBJECT, _SUBJECT_OPTIONAL)
    forbidden = {
        _known(code, site, f"{where}.forbidden"): tuple(_list(reasons, f"{where}.forbidden", _text))
        for code, reasons in _object(given.get("forbidden", {}), f"{where}.forbidden").items()
    }
    current, preference = given.get("current"), given.get("preference")
    ceiling = given.get("ceiling_micronats")
    return ProblemSubject(
        id=SubjectRef(_text(given["id"], f"{where}.id")),
        forbidden=forbidden,
        unary=_vector(given["unary_micronats"], f"{where}.unary_micronats", len(site)),
        demand=_cost(given.get("demand", 1), f"{where}.demand"),
        current=None
        if current is None
        else _known(_text(current, f"{where}.current"), site, f"{where}.current"),
        move_cost=_cost(given.get("move_cost_micronats", 0), f"{where}.move_cost_micronats"),
        preference=None
        if preference is None
        else _vector(preference, f"{where}.preference", len(site)),
        ceiling=None
        if ceiling is None
        else _whole(ceiling, f"{where}.ceiling_micronats", high=UNLIMITED - 1),
    )


def _pair(value: Any, where: str, person: Mapping[str, int]) -> ProblemPair:
    given = _object(value, where, _PAIR, _PAIR_NUMBERS | {"table"})
    by_table = given.get("table") is not None
    if by_table and given.keys() & _PAIR_NUMBERS:
        _refuse(where, "a table stands in place of the other costs, not beside them")
    penalty = given.get("penalty_micronats")
    return ProblemPair(
        a=_known(_text(given["a"], f"{where}.a"), person, f"{where}.a"),
        b=_known(_text(given["b"], f"{where}.b"), person, f"{where}.b"),
        hostility_ppm=_whole(given.get("hostility_ppm", 0), f"{where}.hostility_ppm", high=PPM),
        reunion_ppm=_whole(given.get("reunion_ppm", 0), f"{where}.reunion_ppm", high=PPM),
        separation_m=_whole(
            given.get("separation_m", 0), f"{where}.separation_m", high=MAX_COST - 1
        ),
        penalty=None if penalty is None else _cost(penalty, f"{where}.penalty_micronats"),
        table=_text(given["table"], f"{where}.table") if by_table else None,
    )
