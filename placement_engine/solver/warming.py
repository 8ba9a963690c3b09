"""Compiles the kernels ahead, so that the first large question waits for none of them."""

from __future__ import annotations

from itertools import count

import numpy as np

from placement_engine.compiled import COMPILED
from placement_engine.problem import PlacementProblem, ProblemPair, ProblemSubject
from placement_engine.solver.backends import Effort, Goal, Question
from placement_engine.vocabulary import MunicipalityCode, SubjectRef

WORK = 300
"""Nodes that are enough to call every kernel."""


def warm() -> bool:
    """Call every kernel once; whether they are compiled at all.

    What is compiled is kept on disk and serves every later process of the same user.
    """
    from placement_engine.solver.large import large_search

    search = large_search(_tiny(), seed=0, workers=1)
    assert search is not None
    ticks = count()
    for goal in (None, Goal.TOTAL):
        effort = Effort(clock=lambda: float(next(ticks)), deadline=None, work_left=WORK)
        search.answer(Question(goal=goal, band=2), effort, lambda _: None)
    _mend()
    return COMPILED


def _mend() -> None:
    """What the tiny problem does not come to, for it is proved at once."""
    from placement_engine.solver.anneal import Annealing
    from placement_engine.solver.laying import lay_wide
    from placement_engine.solver.prices import Priced

    problem = _tiny()
    wide = lay_wide(problem)
    assert wide is not None
    priced, search = Priced(wide), Annealing(problem, wide, seed=0)
    while priced.step():
        pass
    search.begin(priced.lean)
    lean, regret = priced.lean, priced.regret
    prices = priced.prices
    search.mend(1, heat=1.0, prices=prices, stiff=1, lean=lean, regret=regret)
    search.clear(1, 2, 1)
    search.shake(2, heat=1.0, prices=prices, stiff=1, lean=lean, longest=256)
    priced.certifying_s(lambda: 0.0)
    search.settle()


def _tiny() -> PlacementProblem:
    """Two rivals, one of them with a household, and one who stays, with limits of every kind."""
    sites = 3
    return PlacementProblem(
        sites=tuple(MunicipalityCode(f"{i:04d}") for i in range(1, sites + 1)),
        distance_m=100_000 * (1 - np.eye(sites, dtype=np.int64)),
        exposure_ppm=np.full((sites, sites), 10_000, dtype=np.int64),
        capacity=np.full(sites, 3, dtype=np.int64),
        subjects=tuple(
            ProblemSubject(
                id=SubjectRef(f"S{k}"),
                unary=np.arange(sites, dtype=np.int64) * 10,
                ceiling=50_000,
                demand=2 if k == 1 else 1,
            )
            for k in range(3)
        ),
        pairs=tuple(
            ProblemPair(a=a, b=b, hostility_ppm=100_000, reunion_ppm=1_000, separation_m=50_000)
            for a, b in ((0, 1), (0, 2), (1, 2))
        ),
        fixed={2: 0},
    )
