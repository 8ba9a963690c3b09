"""Steps of hostility and the distances that they demand: the same for every rule.

Each step holds at its level of hostility or above. A direct enmity takes the highest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placement_engine.geo import Geography
from placement_engine.policy import Policy
from placement_engine.problem import IntArray

BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float64]

TOLERANCE = 1e-12
"""A hostility this little below a step takes it: sums of floats may miss a level they mean."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one step demands between two sites.

    Parameters
    ----------
    hostility
        The step holds from here up.
    metres
        Crow-fly metres that must lie between the seats; neighbours count as 0 metres apart.
    other_labour_market
        Whether the two sites may not share a labour market.
    """

    hostility: float
    metres: int
    other_labour_market: bool

    def forbids(self, geography: Geography, a: int, b: int) -> bool:
        """Whether the step keeps two people out of sites `a` and `b`; always if they are one."""
        return (
            a == b
            or int(geography.separation_m[a, b]) < self.metres
            or (self.other_labour_market and bool(geography.same_labour_market[a, b]))
        )


def separation_steps(policy: Policy) -> tuple[Step, ...]:
    """Steps between two protected people, highest first; each keeps them out of neighbours."""
    return _apart(policy, policy.separation.kilometres)


def actor_steps(policy: Policy) -> tuple[Step, ...]:
    """Steps between a protected person and a named threat actor, highest first."""
    return _apart(policy, policy.actors.kilometres)


def presence_steps(policy: Policy) -> tuple[Step, ...]:
    """Steps between a protected person and a present group; 0 metres is its site alone."""
    return tuple(
        Step(hostility=level, metres=round(kilometres * 1000), other_labour_market=False)
        for level, kilometres in zip(
            policy.presence.hostility, policy.presence.kilometres, strict=True
        )
    )


def step_of(steps: Sequence[Step], hostility: float, direct: bool) -> Step | None:
    """The step that a hostility takes, None below the lowest."""
    if direct:
        return steps[0]
    return next((step for step in steps if hostility >= step.hostility - TOLERANCE), None)


def steps_of(steps: Sequence[Step], hostility: FloatArray, direct: BoolArray) -> IntArray:
    """Index of the step of each element of arrays of any one shape; ``len(steps)`` is none."""
    taken = np.full(hostility.shape, len(steps), dtype=np.int64)
    for number in reversed(range(len(steps))):
        taken[hostility >= steps[number].hostility - TOLERANCE] = number
    taken[direct] = 0
    return taken


def required_separation(policy: Policy, h_or: float, direct: bool) -> Step | None:
    """The separation that two people need, None if none."""
    return step_of(separation_steps(policy), h_or, direct)


def highest_step(policy: Policy, h_or: FloatArray, direct: BoolArray) -> Step | None:
    """The most demanding separation among pairs of people, in arrays of any one shape."""
    steps = separation_steps(policy)
    taken = int(steps_of(steps, h_or, direct).min(initial=len(steps)))
    return steps[taken] if taken < len(steps) else None


def forbidden_near(
    geography: Geography, steps: Sequence[Step], taken: IntArray, site: IntArray
) -> BoolArray:
    """Sites that dangers forbid.

    Parameters
    ----------
    taken, site
        (D,) step index, as of `steps_of`, and (D,) site index of each danger.

    Returns
    -------
    (M,) whether some danger's step forbids the site.
    """
    forbidden = np.zeros(len(geography.codes), dtype=np.bool_)
    for number, step in enumerate(steps):
        at = np.unique(site[taken == number])
        if len(at):
            near = geography.separation_m[:, at] < step.metres
            if step.other_labour_market:
                near |= geography.same_labour_market[:, at]
            forbidden |= near.any(axis=1)
            forbidden[at] = True
    return forbidden


def _apart(policy: Policy, kilometres: Sequence[float]) -> tuple[Step, ...]:
    # A step never demands less than the step below it, and always more than to be neighbours.
    demands = policy.separation.other_labour_market
    return tuple(
        Step(
            hostility=level,
            metres=max(1, round(kilometres[number] * 1000)),
            other_labour_market=any(demands[number:]),
        )
        for number, level in enumerate(policy.separation.hostility)
    )
