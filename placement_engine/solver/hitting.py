"""The fewest things to take so that each of many demands is met.

A demand is a set of things with weights and a need: the weights of those taken must reach
it. Two rivals who live too near are one (either must move), an overfull site is another.
Solved by branch and bound on each connected part, in whole numbers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

Open = tuple[dict[int, int], int]
"""A demand that is not met yet: what is left of its weights and of its need."""

DEPTH = 400
"""Branches below each other; parts that need more are bounded, not solved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """Things by number with positive weights, and what the weights of those taken must reach."""

    weights: Mapping[int, int]
    need: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Hitting:
    """What must be taken.

    Parameters
    ----------
    taken
        A set that meets every demand, rising.
    lower_bound
        No set that does has fewer things; equal to the size of `taken` where it was
        searched to the end.
    """

    taken: tuple[int, ...]
    lower_bound: int


def fewest(demands: Iterable[Demand], *, spent: Callable[[int], bool]) -> Hitting | None:
    """The smallest set that meets all demands.

    Parameters
    ----------
    demands
        Weights above the need count as the need.
    spent
        Told of the nodes that were searched; True ends the search with what it has.

    Returns
    -------
    None where even everything does not meet a demand.

    Examples
    --------
    >>> star = [Demand(weights={0: 1, leaf: 1}, need=1) for leaf in (1, 2, 3)]
    >>> fewest(star, spent=lambda nodes: False)
    Hitting(taken=(0,), lower_bound=1)
    """
    open_demands = [demand for demand in demands if demand.need > 0]
    if any(sum(demand.weights.values()) < demand.need for demand in open_demands):
        return None
    taken: list[int] = []
    bound = 0
    for part in _parts(open_demands):
        search = _Search(part, spent)
        search.run()
        taken += search.best
        bound += search.bound
    return Hitting(taken=tuple(sorted(taken)), lower_bound=bound)


def _parts(demands: Sequence[Demand]) -> list[list[Demand]]:
    """Demands that share things, directly or through others."""
    parent: dict[int, int] = {}

    def root(thing: int) -> int:
        parent.setdefault(thing, thing)
        while parent[thing] != thing:
            parent[thing] = parent[parent[thing]]
            thing = parent[thing]
        return thing

    for demand in demands:
        first, *others = demand.weights
        for other in others:
            parent[root(other)] = root(first)
    parts: dict[int, list[Demand]] = defaultdict(list)
    for demand in demands:
        parts[root(next(iter(demand.weights)))].append(demand)
    return list(parts.values())


def _packed(demands: Sequence[Open]) -> int:
    """A lower bound: what demands that share nothing need at the least, added up."""
    used: set[int] = set()
    bound = 0
    for weights, need in sorted(demands, key=lambda demand: len(demand[0])):
        if used.isdisjoint(weights):
            used.update(weights)
            bound += _least(weights, need)
    return bound


def _least(weights: Mapping[int, int], need: int) -> int:
    """How many of the heaviest reach the need."""
    count = 0
    for weight in sorted(weights.values(), reverse=True):
        if need <= 0:
            break
        need -= weight
        count += 1
    return count


@dataclass(slots=True)
class _Search:
    """Branch and bound on one connected part."""

    demands: list[Demand]
    spent: Callable[[int], bool]
    best: list[int] = field(default_factory=list)
    bound: int = 0
    out: bool = False

    def run(self) -> None:
        start = [(dict(demand.weights), demand.need) for demand in self.demands]
        self.best = _greedy(start)
        self.bound = _packed(start)
        if self.bound < len(self.best):
            self._branch(start, [])
            if not self.out:
                self.bound = len(self.best)

    def _branch(self, demands: list[Open], taken: list[int]) -> None:
        if self.out or self.spent(1) or len(taken) > DEPTH:
            self.out = True
            return
        reduced = _reduced(demands, taken)
        if reduced is None:
            return
        demands, taken = reduced
        if not demands:
            if len(taken) < len(self.best):
                self.best = taken
            return
        if len(taken) + _packed(demands) >= len(self.best):
            return
        often: dict[int, int] = defaultdict(int)
        for weights, _ in demands:
            for thing in weights:
                often[thing] += 1
        thing = max(often, key=lambda one: (often[one], -one))
        self._branch(_with(demands, thing), [*taken, thing])
        self._branch(_without(demands, (thing,)), taken)


def _reduced(demands: list[Open], taken: list[int]) -> tuple[list[Open], list[int]] | None:
    """Take what is forced and drop what another always beats; None where it cannot be met."""
    taken = list(taken)
    while True:
        if any(sum(weights.values()) < need for weights, need in demands):
            return None
        forced = next(
            (
                thing
                for weights, need in demands
                for thing, weight in weights.items()
                if sum(weights.values()) - weight < need
            ),
            None,
        )
        if forced is not None:
            taken.append(forced)
            demands = _with(demands, forced)
            continue
        beaten = _beaten(demands)
        if not beaten:
            return demands, taken
        demands = _without(demands, beaten)


def _beaten(demands: Sequence[Open]) -> set[int]:
    """Things of one demand only that another alone meets.

    Whoever takes such a thing may take that other in its place.
    """
    seen: dict[int, int] = defaultdict(int)
    for weights, _ in demands:
        for thing in weights:
            seen[thing] += 1
    beaten: set[int] = set()
    for weights, need in demands:
        enough = [thing for thing, weight in weights.items() if weight >= need]
        if enough:
            keep = max(enough, key=lambda thing: (seen[thing], -thing))
            beaten |= {thing for thing in weights if thing != keep and seen[thing] == 1}
    return beaten


def _with(demands: Sequence[Open], thing: int) -> list[Open]:
    left = []
    for weights, need in demands:
        rest = need - weights.get(thing, 0)
        if rest > 0:
            others = {other: weight for other, weight in weights.items() if other != thing}
            left.append((others, rest))
    return left


def _without(demands: Sequence[Open], things: Collection[int]) -> list[Open]:
    return [
        ({other: weight for other, weight in weights.items() if other not in things}, need)
        for weights, need in demands
    ]


def _greedy(demands: list[Open]) -> list[int]:
    taken: list[int] = []
    while demands:
        gain: dict[int, int] = defaultdict(int)
        for weights, need in demands:
            for thing, weight in weights.items():
                gain[thing] += min(weight, need) * 1000 // need
        best = max(gain, key=lambda thing: (gain[thing], -thing))
        taken.append(best)
        demands = _with(demands, best)
    return taken
