"""What a search ends in, as an exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from placement_engine.errors import Interrupted

if TYPE_CHECKING:
    from placement_engine.proposal.outcome import Status


def exit_code(status: Status, *, interrupted: bool) -> int:
    """The exit code of an answer; an interrupted one is 130 whatever it holds."""
    from placement_engine.proposal.outcome import Status

    if interrupted:
        return Interrupted.exit_code
    return {
        Status.PROPOSED: 0,
        Status.NO_SAFE_PLACEMENT: 3,
        Status.UNDECIDED: 4,
        Status.FAULTED: 1,
    }[status]
