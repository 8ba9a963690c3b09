"""The text of a case file becomes documents: one JSON object, or one a line.

Errors of the JSON reader carry the text that they read. They are looked at in here and
never chained to ours: not as cause and not as context.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from placement_engine.errors import Fault


def documents(text: str | bytes, name: str, faults: list[Fault]) -> Iterator[tuple[int, object]]:
    """Documents with their lines; line 0 is a document that is the whole file.

    What is no document is added to `faults` under the file's `name`.
    """
    decoded = _decoded(text)
    if decoded is None:
        faults.append(Fault(name, 0, "", "is not UTF-8"))
        return
    lines = [(n, line) for n, line in enumerate(decoded.split("\n"), start=1) if line.strip()]
    if not lines:
        faults.append(Fault(name, 0, "", "is empty"))
        return
    if len(lines) == 1 or not all(line.lstrip().startswith("{") for _, line in lines):
        lines = [(0, decoded)]
    for n, line in lines:
        document, problem = _parsed(line)
        if problem:
            faults.append(Fault(name, n, "", problem))
        else:
            yield n, document


def _decoded(text: str | bytes) -> str | None:
    if isinstance(text, str):
        return text.removeprefix("\ufeff")
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None


class _RefusedError(ValueError):
    """A JSON text that is well formed but says two things, or something that is no number."""


def _parsed(text: str) -> tuple[object, str]:
    """The JSON value of `text`, and what is wrong with it if anything is."""
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant), ""
    except _RefusedError as error:
        return None, str(error)
    except (ValueError, RecursionError):
        return None, "is not JSON"


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _RefusedError("a key stands twice in one object; leave one")
    return found


def _no_constant(_: str) -> object:
    raise _RefusedError("NaN and Infinity are not numbers of JSON")
