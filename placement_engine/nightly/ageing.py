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
from placement_engine.policy import DAYS_PER_MONTH, Policy
from placement_engine.vocabulary import TieKind


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
