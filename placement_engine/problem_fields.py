"""The fields of a document that is strict: each read, or refused by its name.

Nothing of what a field holds stands in a message. An unknown key, a key that stands twice,
a float, a negative and a number that is too long are refused.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any, NoReturn, TypeVar

import numpy as np

from placement_engine.errors import InvalidProblem
from placement_engine.problem import FORBIDDEN, MAX_COST, IntArray

MAX_DIGITS = 30
"""No number that is allowed is longer; refused before Python reads it."""

TOO_LARGE: int = 10**MAX_DIGITS

T = TypeVar("T")


def refuse(where: str, what: str) -> NoReturn:
    """Refuse the document for one field; the message holds nothing of its content."""
    raise InvalidProblem(f"{where}: {what}.", unchanged="Nothing was computed.") from None


def parsed(text: str | bytes) -> Any:
    """The value that a JSON text stands for; bytes are UTF-8."""

    def number(digits: str) -> int:
        if len(digits) > MAX_DIGITS:
            # Out of range wherever it stands, so that its field is named there.
            return -TOO_LARGE if digits.startswith("-") else TOO_LARGE
        return int(digits)

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({name for name, _ in pairs}) != len(pairs):
            refuse("document", "a key stands twice in one object")
        return dict(pairs)

    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8-sig")
        return json.loads(text, parse_int=number, object_pairs_hook=once)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError):
        refuse("document", "is not JSON in UTF-8")


def object_of(
    value: Any,
    where: str,
    required: frozenset[str] | None = None,
    optional: frozenset[str] = frozenset(),
) -> Mapping[str, Any]:
    """An object; with `required` given, one of those keys and the optional ones alone."""
    if not isinstance(value, dict):
        refuse(where, "must be an object")
    if required is not None:
        for name in sorted(required - value.keys()):
            refuse(f"{where}.{name}", "is missing")
        if value.keys() - required - optional:
            refuse(
                where, f"holds an unknown key; known are {', '.join(sorted(required | optional))}"
            )
    return value


def list_of(value: Any, where: str, read: Callable[[Any, str], T]) -> list[T]:
    """A list, each item read by `read`, which is told where it stands."""
    if not isinstance(value, list):
        refuse(where, "must be a list")
    return [read(item, f"{where}[{i}]") for i, item in enumerate(value)]


def plain(value: Any, where: str) -> Any:
    """The item as it is, to be looked at later."""
    del where
    return value


def text_of(value: Any, where: str) -> str:
    """A text that is not empty."""
    if not isinstance(value, str) or not value:
        refuse(where, "must be text")
    return value


def whole(value: Any, where: str, *, high: int) -> int:
    """A whole number from 0 to `high`."""
    if not isinstance(value, int) or isinstance(value, bool):
        endless = isinstance(value, float) and not math.isfinite(value)
        refuse(where, "must not be NaN or infinite" if endless else "must be a whole number")
    if value < 0:
        refuse(where, "must not be negative")
    if value > high:
        refuse(where, f"must not be above {high}")
    return value


def cost_of(value: Any, where: str) -> int:
    """A cost in micro-nats."""
    return whole(value, where, high=MAX_COST - 1)


def known(name: str, index: Mapping[str, int], where: str) -> int:
    """The number of something that is listed."""
    found = index.get(name)
    if found is None:
        refuse(where, "names something that is not listed")
    return found


def index_of(names: list[Any], where: str, what: str) -> dict[str, int]:
    """Numbers of names that stand once each."""
    if len(set(names)) != len(names):
        refuse(where, f"{what} stands twice")
    return {name: i for i, name in enumerate(names)}


def vector(value: Any, where: str, count: int) -> IntArray:
    """Costs, one a site: an array (M,)."""
    row = list_of(value, where, cost_of)
    if len(row) != count:
        refuse(where, f"must hold {count} numbers, one a site")
    return np.array(row, dtype=np.int64)


def matrix_of(value: Any, where: str, count: int, *, high: int) -> IntArray:
    """A symmetric matrix over the sites: an array (M, M)."""

    def entry(item: Any, place: str) -> int:
        return whole(item, place, high=high)

    def row(items: Any, place: str) -> list[int]:
        found = list_of(items, place, entry)
        if len(found) != count:
            refuse(place, f"must hold {count} numbers, one a site")
        return found

    rows = list_of(value, where, row)
    if len(rows) != count:
        refuse(where, f"must hold {count} rows, one a site")
    matrix = np.array(rows, dtype=np.int64).reshape(count, count)
    if not np.array_equal(matrix, matrix.T):
        refuse(where, "must be symmetric")
    return matrix


def cost_table(value: Any, count: int) -> IntArray:
    """Costs of pairs by site, null where not allowed: an array (M, M)."""

    def entry(item: Any, place: str) -> int:
        return FORBIDDEN if item is None else cost_of(item, place)

    def row(items: Any, place: str) -> list[int]:
        found = list_of(items, place, entry)
        if len(found) != count:
            refuse("tables", f"a row must hold {count} costs, one a site")
        return found

    rows = list_of(value, "tables", row)
    if len(rows) != count:
        refuse("tables", f"a table must hold {count} rows, one a site")
    return np.array(rows, dtype=np.int64).reshape(count, count)
