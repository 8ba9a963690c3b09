"""What a rule is: a meaning in plain Python, the same in arrays, a reason and its wording.

Rules compile into the arrays of the problem; the solver does not know them. A test
compares `Rule.meaning` with `Rule.compile` on random worlds, site by site.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from placement_engine.problem import IntArray
from placement_engine.vocabulary import Band, Language

if TYPE_CHECKING:
    from placement_engine.cases.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """One sentence in both languages, without names, places of others or distances."""

    sv: str
    en: str

    def in_language(self, language: Language) -> str:
        """The sentence in `language`."""
        return self.sv if language is Language.SWEDISH else self.en


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a rule says of one case at one site.

    ``cost`` is in micro-nats, ``preference`` in points, ``unchecked`` tells that data are
    missing (never that a need is met), ``floor`` is a lower bound on the risk band.
    """

    forbidden: bool = False
    cost: int = 0
    preference: int = 0
    unchecked: bool = False
    floor: Band = Band.LOW


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Effect:
    """`Verdict` of one case at each of the M sites, as arrays of shape (M,)."""

    forbidden: NDArray[np.bool_]
    cost: IntArray
    preference: IntArray
    unchecked: NDArray[np.bool_]
    floor: Band = Band.LOW

    @classmethod
    def of(
        cls,
        sites: int,
        *,
        forbidden: NDArray[np.bool_] | None = None,
        cost: IntArray | None = None,
        preference: IntArray | None = None,
        unchecked: NDArray[np.bool_] | None = None,
        floor: Band = Band.LOW,
    ) -> Effect:
        """An effect in which whatever is not given is nothing at all `sites`."""
        return cls(
            forbidden=np.zeros(sites, dtype=np.bool_) if forbidden is None else forbidden,
            cost=np.zeros(sites, dtype=np.int64) if cost is None else cost,
            preference=np.zeros(sites, dtype=np.int64) if preference is None else preference,
            unchecked=np.zeros(sites, dtype=np.bool_) if unchecked is None else unchecked,
            floor=floor,
        )

    def at(self, site: int) -> Verdict:
        """The verdict at one site index."""
        return Verdict(
            forbidden=bool(self.forbidden[site]),
            cost=int(self.cost[site]),
            preference=int(self.preference[site]),
            unchecked=bool(self.unchecked[site]),
            floor=self.floor,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule of relocation.

    Parameters
    ----------
    code
        Reason code in the problem, the report and the JSON.
    data_source
        Where the rule's facts come from.
    when_missing
        What it does when they are missing; never "met".
    wording
        The reason, for an analyst.
    meaning
        The rule for one case (index) at one site (index), in plain Python.
    compile
        The same for all sites of one case, in arrays.
    carried
        True if the problem carries the rule itself (capacity), so that it is not put
        into the mask of forbidden sites a second time.
    legal_source
        The law behind it with its date, if any; "to be checked by a lawyer".
    """

    code: str
    data_source: str
    when_missing: str
    wording: Wording
    meaning: Callable[[World, int, int], Verdict]
    compile: Callable[[World, int], Effect]
    carried: bool = False
    legal_source: str | None = None
