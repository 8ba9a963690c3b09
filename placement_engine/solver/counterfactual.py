"""Why one subject of a plan is not at one certain site; for an approver only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from placement_engine.problem import PlacementProblem
from placement_engine.solver import witness
from placement_engine.solver.answer import ConflictMember
from placement_engine.solver.clauses import PAIR_CLASSES_PPM, clauses_of


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Counterfactual:
    """What stands against one subject at one site, the others at the plan: approvers only.

    Parameters
    ----------
    broken
        Rules that it would break; empty where it is allowed.
    added
        What the total would gain, in micro-nats; None where it is not allowed.
    """

    broken: tuple[ConflictMember, ...]
    added: int | None


def counterfactual(
    problem: PlacementProblem,
    plan: Sequence[int],
    subject: int,
    site: int,
    *,
    pair_classes_ppm: tuple[int, int] = PAIR_CLASSES_PPM,
) -> Counterfactual:
    """Why not there: one subject of a plan at another site.

    Parameters
    ----------
    plan
        Site index for each subject.
    subject, site
        By index; the subject may be anybody who is not fixed.
    """
    moved = [*plan[:subject], site, *plan[subject + 1 :]]
    known = {
        (clause.member.rule, clause.member.subjects): clause.member
        for clause in clauses_of(problem, pair_classes_ppm=pair_classes_ppm)
    }
    broken = tuple(
        known.get((rule, subjects), ConflictMember(rule=rule, subjects=subjects))
        for rule, subjects in witness.violations(problem, moved)
    )
    if broken:
        return Counterfactual(broken=broken, added=None)
    added = witness.total(problem, moved) - witness.total(problem, plan)
    return Counterfactual(broken=(), added=added)
