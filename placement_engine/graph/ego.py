"""Who stands around one person or group: its ties, and those among its neighbours."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import numpy as np

from placement_engine.graph.edges import Ints
from placement_engine.graph.evidence import kind_of
from placement_engine.graph.rival_graph import RivalGraph
from placement_engine.vocabulary import SOURCES, Grade, TieKind


@dataclass(frozen=True, slots=True, kw_only=True)
class EgoTie:
    """One tie as of the day; ``a`` and ``b`` as reported."""

    a: str = field(repr=False)
    b: str = field(repr=False)
    kind: TieKind
    past: bool
    strength: float
    grade: Grade
    latest: date

    @property
    def enmity(self) -> bool:
        """Whether the tie is negative."""
        return not self.kind.is_bond


@dataclass(frozen=True, slots=True, kw_only=True)
class EgoNetwork:
    """One node, its neighbours from the strongest tie on, and all ties among them.

    Parameters
    ----------
    own
        Ties of the centre: enmities first, the strongest first.
    among
        Ties of two neighbours.
    groups
        Which of the nodes are groups.
    left_out
        How many neighbours are not shown.
    """

    centre: str = field(repr=False)
    neighbours: tuple[str, ...] = field(repr=False)
    own: tuple[EgoTie, ...] = field(repr=False)
    among: tuple[EgoTie, ...] = field(repr=False)
    groups: frozenset[str] = field(repr=False)
    left_out: int


def ego_network(graph: RivalGraph, who: str, *, most: int | None = None) -> EgoNetwork:
    """What stands around somebody; empty if the network does not know the id.

    Parameters
    ----------
    most
        Most neighbours, those with the strongest ties; None for all, and then without the
        ties among them.
    """
    if who not in graph.index:
        return EgoNetwork(
            centre=who, neighbours=(), own=(), among=(), groups=frozenset(), left_out=0
        )
    e, at = graph.edges, graph.index[who]
    own = np.concatenate(
        [half.edge[half.start[at] : half.start[at + 1]] for half in (e.bond, e.enmity)]
    )
    far = np.where(e.a[own] == at, e.b[own], e.a[own])
    order = np.lexsort((far, -e.strength[own]))
    ranked = list(dict.fromkeys(far[order].tolist()))
    kept = ranked if most is None else ranked[:most]
    shown = np.zeros(e.nodes, dtype=np.bool_)
    shown[kept] = True
    among = np.zeros(0, dtype=np.int64)
    if most is not None:
        shown_at = shown.copy()
        shown_at[at] = False
        among = np.flatnonzero(shown_at[e.a] & shown_at[e.b])
    nodes = graph.nodes
    return EgoNetwork(
        centre=nodes[at],
        neighbours=tuple(nodes[i] for i in kept),
        own=_ties(graph, own[shown[far]]),
        among=_ties(graph, among),
        groups=frozenset(nodes[i] for i in [at, *kept] if e.is_group[i]),
        left_out=len(ranked) - len(kept),
    )


def _ties(graph: RivalGraph, edges: Ints) -> tuple[EgoTie, ...]:
    e, nodes = graph.edges, graph.nodes
    ties = []
    for edge in edges.tolist():
        kind, past = kind_of(int(e.kind[edge]))
        ties.append(
            EgoTie(
                a=nodes[int(e.a[edge])],
                b=nodes[int(e.b[edge])],
                kind=kind,
                past=past,
                strength=float(e.strength[edge]),
                grade=Grade(SOURCES[int(e.source[edge])], int(e.information[edge])),
                latest=date.fromordinal(int(e.newest[edge])),
            )
        )
    return tuple(sorted(ties, key=lambda t: (not t.enmity, -t.strength, t.a, t.b, t.kind, t.past)))
