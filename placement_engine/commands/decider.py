"""Who decides, and why: a name from the configuration, a reason from standard input."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from placement_engine.errors import InvalidConfiguration, InvalidInput

if TYPE_CHECKING:
    from placement_engine.commands.options import Run

MAX_NAME = 200
MAX_REASON = 20_000


def decided_by(run: Run) -> str:
    """Who decides: a name that somebody answers for.

    Raises
    ------
    InvalidConfiguration
        If nobody is named.
    """
    who = (run.settings["decided_by"].value or "").strip()
    if not who or len(who) > MAX_NAME or not who.isprintable():
        raise InvalidConfiguration(
            "Nobody is named who decides.",
            do="Set decided_by in the configuration, or PLACEMENT_USER.",
        )
    return who


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
