"""What a search ends in: the exit code of a status, and an interruption that is answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from placement_engine.proposal.outcome import Status


def exit_code(status: Status, *, interrupted: bool) -> int:
    """The exit code of an answer; an interrupted one is 130 whatever it holds."""
    from placement_engine.proposal.outcome import Status

    if interrupted:
        return 130
    return {
        Status.PROPOSED: 0,
        Status.NO_SAFE_PLACEMENT: 3,
        Status.UNDECIDED: 4,
        Status.FAULTED: 1,
    }[status]
