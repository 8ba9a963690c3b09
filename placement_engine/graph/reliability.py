"""How likely two are hostile if ties hold independently: worlds drawn at random.

Every tie of the paths that hostility counts is open with its strength, times the factor of
its kind for a bond. ``R`` is the chance that some path is open all the way. Paths share ties,
so ``h_max <= R <= h_or`` (Esary and Proschan, "Coherent structures of non-identical
components", Technometrics 5, 1963).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from placement_engine.graph.edges import Floats, Ints
from placement_engine.graph.paths import Ends, hostile_walks
from placement_engine.graph.rival_graph import RivalGraph

CELLS_AT_ONCE = 4_000_000
"""Paths times worlds that are looked at together: bounds the memory, not the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """What the worlds say of one pair.

    Parameters
    ----------
    value
        Share of the worlds in which some path is open.
    standard_error
        Of that share. It is never 0 by luck where there are paths: one world more on
        either side is counted in it (Agresti and Coull 1998).
    paths, ties
        How many paths the pair has, and how many different ties they use.
    """

    value: float
    standard_error: float
    worlds: int
    paths: int
    ties: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PathFamily:
    """All hostile paths of one pair.

    Parameters
    ----------
    paths
        For each length L of path, an array (P, L) of ties, numbered from 0.
    chance
        (E,) chance that each of those ties is open.
    """

    paths: tuple[Ints, ...] = field(repr=False)
    chance: Floats = field(repr=False)

    @property
    def count(self) -> int:
        """How many paths."""
        return sum(len(block) for block in self.paths)


def path_family(graph: RivalGraph, a: str, b: str, *, max_length: int | None = None) -> PathFamily:
    """The paths that the hostility of two counts; none if one of them is not known."""
    edges, index = graph.edges, graph.index
    length = graph.max_length if max_length is None else max_length
    found: list[Ints] = []
    if a in index and b in index and index[a] != index[b]:
        near, far = (np.array([index[node]], dtype=np.int64) for node in (a, b))
        walks = hostile_walks(edges, near, Ends.of(edges, far), length)
        found = [block.edges for block in walks if len(block)]
    used = np.unique(np.concatenate([np.zeros(0, np.int64), *(block.ravel() for block in found)]))
    return PathFamily(
        paths=tuple(np.searchsorted(used, block) for block in found), chance=edges.chance[used]
    )


def drawn_world(graph: RivalGraph, *, seed: int) -> RivalGraph:
    """The graph of one world drawn at random: each tie holds for certain or not at all.

    Over many seeds the mean of a pair's ``h_or`` is its ``R``. Grades, strengths and who has
    left a group stay as they are: the draw says which ties are true, not who knew of them.
    """
    chance = graph.edges.chance
    holds = np.random.default_rng(seed).random(len(chance)) < chance
    return RivalGraph(
        network=graph.network,
        edges=replace(graph.edges, chance=holds.astype(np.float64)),
        policy=graph.policy,
        as_of=graph.as_of,
        index=dict(graph.index),
    )


def reliability(family: PathFamily, *, worlds: int, seed: int) -> Reliability:
    """Draw worlds and count those in which some path is open.

    The same seed gives the same worlds whatever the memory.

    Parameters
    ----------
    worlds
        How many, at least 1.

    Raises
    ------
    ValueError
        If `worlds` is below 1.
    """
    if worlds < 1:
        raise ValueError("worlds must be at least 1")
    ties = len(family.chance)
    if not ties:
        return Reliability(value=0.0, standard_error=0.0, worlds=worlds, paths=0, ties=0)
    generator = np.random.default_rng(seed)
    rows = max(1, CELLS_AT_ONCE // max(family.count, ties))
    hits = 0
    for start in range(0, worlds, rows):
        drawn = generator.random((min(rows, worlds - start), ties)) < family.chance
        hits += int(_some_path_open(drawn, family.paths).sum())
    middle = (hits + 1) / (worlds + 2)
    return Reliability(
        value=hits / worlds,
        standard_error=float(np.sqrt(middle * (1 - middle) / worlds)),
        worlds=worlds,
        paths=family.count,
        ties=ties,
    )


def _some_path_open(drawn: NDArray[np.bool_], paths: tuple[Ints, ...]) -> NDArray[np.bool_]:
    """(W,) whether some path is open in each world; `drawn` is (W, E)."""
    found = np.zeros(len(drawn), dtype=np.bool_)
    for block in paths:
        left = np.flatnonzero(~found)
        if not len(left):
            break
        path_open = np.ones((len(left), len(block)), dtype=np.bool_)
        worlds = drawn[left]
        for step in range(block.shape[1]):
            path_open &= worlds[:, block[:, step]]
        found[left] = path_open.any(axis=1)
    return found
