"""JSON from outside: no key twice, no NaN, no endless nesting; a fault instead of a surprise."""

from __future__ import annotations

import json
from typing import Any, NoReturn


class NotJson(ValueError):
    """A text that is not JSON as we take it; its message says why, without content."""


def parse_json(text: str | bytes) -> Any:
    """The value of one JSON text.

    Raises
    ------
    NotJson
        If it is not UTF-8 or not JSON, or has a key twice, or is nested too deep.

    Examples
    --------
    >>> parse_json('{"a": [1]}')
    {'a': [1]}
    """
    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8-sig")
        return json.loads(text, object_pairs_hook=_object, parse_constant=_refuse)
    except UnicodeDecodeError:
        raise NotJson("is not UTF-8; save it as UTF-8 text") from None
    except RecursionError:
        raise NotJson("is nested too deep") from None
    except NotJson:
        raise
    except ValueError:  # not JSON, or a number of thousands of digits
        raise NotJson("is not JSON") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotJson("holds an object with a key twice")
    return found


def _refuse(constant: str) -> NoReturn:
    del constant
    raise NotJson("holds a number that is none")
