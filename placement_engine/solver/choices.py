"""More than one choice for a subject, the others staying at the plan.

No presolve takes anything away here, for a site that another always beats may be the best
of its region.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from placement_engine.problem import IntArray, Level, PlacementProblem
from placement_engine.solver import witness
from placement_engine.solver.answer import Choice, Proposed
from placement_engine.solver.improve import allowed_at, cost_at
from placement_engine.solver.model import BoolArray, Model, compile_model


def rank_sites(problem: PlacementProblem, subject: int, assignment: tuple[int, ...]) -> IntArray:
    """What the total would be with one subject at each site, the others staying.

    Parameters
    ----------
    subject
        Index of somebody who is not fixed.
    assignment
        Site index for every subject; what is hers is not looked at.

    Returns
    -------
    M micro-nats, -1 where she may not go.
    """
    alone, allowed = _alone(problem, subject, assignment)
    ranked: IntArray = np.where(allowed, alone.base_total + alone.total[0], -1)
    return ranked


def choices(
    problem: PlacementProblem, proposed: Proposed, subject: int, *, count: int, apart_m: int
) -> tuple[Choice, ...]:
    """The site of the plan, then the best that lie apart from all that are shown.

    Parameters
    ----------
    subject
        Index in the problem. Who is fixed has one choice, her own site.
    count
        How many at the most; at least 1.
    apart_m
        Metres of `distance_m` from each site that is already shown.

    Returns
    -------
    Best first by the levels of the problem; each is witnessed with the whole plan.
    """
    plan = proposed.assignment
    shown = [
        Choice(
            site=plan[subject],
            delta=0,
            share=proposed.witness.shares[subject],
            witness=proposed.witness,
        )
    ]
    if subject in problem.fixed:
        return tuple(shown)
    alone, allowed = _alone(problem, subject, plan)
    keys = {
        Level.WORST_BAND: _worst_band(problem, alone),
        Level.TOTAL: alone.total[0],
        Level.MOVES: alone.moves[0],
    }
    # The last key of lexsort counts most.
    order = np.lexsort((alone.tie[0], *(keys[level] for level in reversed(problem.lexicographic))))
    for site in order[allowed[order]].tolist():
        if len(shown) >= count:
            break
        if site == plan[subject]:
            continue
        if all(problem.distance_m[site, other.site] >= apart_m for other in shown):
            moved = (*plan[:subject], site, *plan[subject + 1 :])
            found = witness.check(problem, moved)
            shown.append(
                Choice(
                    site=site,
                    delta=found.value(Level.TOTAL) - proposed.objective,
                    share=found.shares[subject],
                    witness=found,
                )
            )
    return tuple(shown)


def _alone(
    problem: PlacementProblem, subject: int, assignment: tuple[int, ...]
) -> tuple[Model, BoolArray]:
    others = {k: site for k, site in enumerate(assignment) if k != subject}
    # A problem checks itself anew when it changes; where she is the only mover it does not.
    same = dict(problem.fixed) == others
    alone = compile_model(problem if same else replace(problem, fixed=others))
    here = (assignment[subject],)
    return alone, allowed_at(alone, here, 0, cost_at(alone, here, 0))


def _worst_band(problem: PlacementProblem, alone: Model) -> IntArray:
    """M ranks of the highest band that anybody has with the subject at each site."""
    share = np.maximum(alone.total[0], int(alone.shares.max()))
    for row in alone.rows:
        share = np.maximum(share, row.base + row.cost[0])
    ranks: IntArray = np.searchsorted(np.array(problem.bands), share, side="right")
    return ranks
