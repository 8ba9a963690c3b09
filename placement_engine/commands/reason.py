"""Why: a reason, from standard input."""

from __future__ import annotations

import sys

from placement_engine.errors import InvalidInput

MAX_REASON = 20_000


def read_reason() -> str:
    """The reason for a judgement, from standard input; it never stands on a command line.

    Raises
    ------
    InvalidInput
        If there is none, or it is longer than anybody reads; tells nothing of it.
    """
    reason = sys.stdin.read(MAX_REASON + 1).strip()
    if not reason or len(reason) > MAX_REASON:
        raise InvalidInput(
            "The judgement has no reason." if not reason else "The reason is too long.",
            unchanged="Nothing was written.",
            do="Give the reason on standard input.",
        )
    return reason
