"""Before a search the cases it is for, and after it what it ended in, as an exit code."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from placement_engine.errors import Interrupted
from placement_engine.vocabulary import CaseId

if TYPE_CHECKING:
    from placement_engine.cases.case import Case
    from placement_engine.engine import PlacementEngine
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


def asked_cases(engine: PlacementEngine, names: Iterable[str]) -> list[Case]:
    """The cases asked for, each once, if consent and eligibility are there for all."""
    from placement_engine.cases import gates

    asked = [engine.case(CaseId(name)) for name in dict.fromkeys(names)]
    for case in asked:
        gates.check(case, engine.as_of)
    gates.check_together(asked)
    return asked
