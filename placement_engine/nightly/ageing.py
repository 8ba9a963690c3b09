"""How fast a hostility can fall by ageing alone, and so how long what was told stays true.

Ties only fade between reports: ``s = severity * q * (f + (1-f) * 2**(-age/T))`` never falls
faster than ``2**(-days/T)``. A path of L edges keeps at least the L-th power of that, and
``1 - prod(1 - P)`` keeps at least the same share, being concave in a common factor of its
paths. So a hostility that is above a step by some margin stays above it for days that can
be told beforehand, and a placement that nothing has touched need not be computed again.
"""

from __future__ import annotations

import math

from placement_engine.graph.paths import GROUP_LENGTH
from placement_engine.policy import DAYS_PER_MONTH, Nightly, Policy
from placement_engine.vocabulary import TieKind

FOREVER = 3650
"""Days after which a placement is looked at again, come what may."""


def shortest_half_life(policy: Policy) -> float:
    """Months in which the fastest tie loses half; infinity if none fades."""
    lives = [policy.ties.of(kind).half_life_months for kind in TieKind]
    return min((life for life in lives if life), default=math.inf)


def path_rate(policy: Policy) -> float:
    """The most that the logarithm of a hostility can fall in a day."""
    edges = max(policy.paths.max_length, GROUP_LENGTH)
    return edges * math.log(2) / (shortest_half_life(policy) * DAYS_PER_MONTH)


def presence_rate(policy: Policy) -> float:
    """The most that the logarithm of a presence's strength can fall in a day."""
    life = policy.ties.presence.half_life_months
    return math.log(2) / (life * DAYS_PER_MONTH) if life else 0.0


def days_until_better(
    risk: int, told: int, numbers: Nightly, rate: float, *, most: int = FOREVER
) -> int:
    """For how many days ageing alone cannot make a finding's risk better than was told.

    Parameters
    ----------
    risk, told
        In micro-nats: as it is, and as it was last told.
    rate
        The most that its logarithm can fall in a day.
    """
    better = better_at(told, numbers)
    if better < 0 or rate <= 0:
        return most
    # The chance behind a cost, less what was rounded up of cost and hostility.
    sure = -math.expm1(-(risk - 0.5) / 1e6) * 1e6 - 1.0
    if sure <= better + 0.5:
        return 0
    return max(0, min(most, math.floor(math.log(sure / (better + 0.5)) / rate)))


def better_at(told: int, numbers: Nightly) -> float:
    """The highest risk that is told as better than `told`, in micro-nats; see `change_of`."""
    return min(told / numbers.worse_ratio, told - max(1, numbers.worse_micronats))


def worse_at(told: int, numbers: Nightly) -> float:
    """The lowest risk that is told as worse than `told`, in micro-nats."""
    return max(told * numbers.worse_ratio, told + max(1, numbers.worse_micronats))
