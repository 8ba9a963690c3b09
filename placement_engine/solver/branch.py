"""Branch and bound: the search whose exhaustion is the proof.

Every node bounds each function by whole numbers and closes what cannot be part of a better
plan. Values are tried cheapest first, and the order depends on nothing but the problem, so
two runs search the same nodes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from placement_engine.problem import UNLIMITED, IntArray
from placement_engine.solver.backends import Effort
from placement_engine.solver.bound import FINE
from placement_engine.solver.dense import Dense
from placement_engine.solver.model import CLOSED, BoolArray

NODES_BETWEEN_LOOKS = 16
"""Nodes between two looks at the clock."""


@dataclass(slots=True, kw_only=True, eq=False)
class Node:
    """A partial plan with what is left open under it."""

    chosen: IntArray
    theta: IntArray
    bounds: IntArray
    share: IntArray
    slack: IntArray
    free: IntArray
    variable: int
    order: list[int]
    at: int = 0


class Tree:
    """The search tree over one component.

    Parameters
    ----------
    dense
        The component.
    limits
        F highest values that a plan may have, in 1 / `FINE`; lowered by the caller when a
        better plan is found.
    guide
        Which function orders the values.
    """

    def __init__(self, dense: Dense, limits: IntArray, *, guide: int) -> None:
        self.dense = dense
        self.limits = limits
        self.nodes = 0
        self._guide = guide
        self._stack: list[Node] = []
        self._found: tuple[int, ...] | None = None
        n = len(dense.values)
        root = self._bounded(
            Node(
                chosen=np.full(n, -1, dtype=np.int64),
                theta=dense.theta.copy(),
                bounds=dense.constant.copy(),
                share=dense.share,
                slack=dense.row_slack,
                free=dense.free,
                variable=-1,
                order=[],
            )
        )
        if root is not None and not (root.slack < 0).any():
            self._stack.append(root)

    def next_plan(self, effort: Effort, *, most: int) -> tuple[int, ...] | None:
        """The next plan within the limits, as a value number a variable.

        Returns
        -------
        None when the tree is exhausted, has had its `most` nodes, or the effort is spent;
        `exhausted` tells the first from the others.
        """
        while self._stack and self.nodes < most:
            node = self._stack[-1]
            if node.at == len(node.order):
                self._stack.pop()
                continue
            if self.nodes % NODES_BETWEEN_LOOKS == 0 and effort.spent(NODES_BETWEEN_LOOKS):
                return None
            value = node.order[node.at]
            node.at += 1
            self.nodes += 1
            child = self._chosen(node, node.variable, value)
            if child is None:
                continue
            if child.variable < 0:
                return tuple(child.chosen.tolist())
            self._stack.append(child)
        return None

    @property
    def exhausted(self) -> bool:
        """Whether nothing is left to search."""
        return not self._stack

    def _chosen(self, node: Node, k: int, value: int) -> Node | None:
        dense = self.dense
        cost = node.theta[:, k, value]
        if (node.bounds + cost > self.limits).any():
            return None
        theta, share = node.theta.copy(), node.share
        chosen = node.chosen.copy()
        chosen[k] = value
        theta[:, k] = CLOSED
        theta[:, k, 0] = 0
        slack, free = node.slack, node.free
        rows, terms = dense.row_terms[k]
        if rows.size:
            slack = slack.copy()
            slack[rows] -= terms[:, value]
            if (slack[rows] < 0).any():
                return None
        unplaced = chosen < 0
        for other, table in dense.reduced[k]:
            if unplaced[other]:
                theta[0, other, : table.shape[1]] += table[value]
        if dense.plain[k]:
            followed = self._shares(share, theta, chosen, k, value)
            if followed is None:
                return None
            share = followed
        place = int(dense.place[k, value])
        if free[place] != UNLIMITED:
            free = free.copy()
            free[place] -= dense.demand[k]
            tight = unplaced & (dense.demand > free[place])
            if tight.any():
                theta[:, (dense.place == place) & tight[:, None]] = CLOSED
        closed = (theta >= CLOSED).any(axis=0)
        theta[:, closed] = CLOSED
        return self._bounded(
            Node(
                chosen=chosen,
                theta=theta,
                bounds=node.bounds + cost,
                share=share,
                slack=slack,
                free=free,
                variable=-1,
                order=[],
            )
        )

    def _shares(
        self, share: IntArray, theta: IntArray, chosen: IntArray, k: int, value: int
    ) -> IntArray | None:
        """Own shares after `k` took a value; sites over a limit are closed in `theta`."""
        dense = self.dense
        share = share.copy()
        for (other, table), lowest in zip(dense.plain[k], dense.lowest[k], strict=True):
            width = table.shape[1]
            after = np.minimum(share[other, :width] + (table[value] - lowest), CLOSED)
            share[other, :width] = after
            limit = dense.limit[other]
            if chosen[other] < 0:
                theta[:, other, :width][:, after > limit] = CLOSED
            elif after[chosen[other]] > limit:
                return None
        return share

    def _bounded(self, node: Node) -> Node | None:
        """The node with its bounds raised, what cannot be better closed, and its order."""
        theta = node.theta
        while True:
            least = theta.min(axis=2)
            if (least >= CLOSED).any():
                return None
            if least.any():
                theta -= least[:, :, None]
                node.bounds = node.bounds + least.sum(axis=1)
            room = self.limits - node.bounds - self._idle(node)
            if (room < 0).any():
                return None
            # Entries of closed values have lost the least; they stay far above every limit.
            keep: BoolArray = np.all(theta <= room[:, None, None], axis=0)
            closed = ~keep
            raised = theta[:, closed]
            if (raised >= CLOSED >> 1).all():
                theta[:, closed] = CLOSED
                break
            theta[:, closed] = CLOSED
        unplaced = np.flatnonzero(node.chosen < 0)
        if not unplaced.size:
            return node
        keep = keep[unplaced]
        pick = int(np.argmin(keep.sum(axis=1)))
        k = int(unplaced[pick])
        node.variable = k
        values = np.flatnonzero(keep[pick])
        values = values[np.argsort(theta[self._guide, k, values], kind="stable")]
        node.order = values.tolist()
        return node

    def _idle(self, node: Node) -> IntArray:
        """What the bounds give back for places that nobody can fill any more, F.

        The bounds charge whoever comes to a place and give the charge for all places back. For
        one that stays empty nobody pays, so that much is missing.
        """
        dense = self.dense
        may = (node.theta[0] < CLOSED) & (node.chosen < 0)[:, None] & (dense.place >= 0)
        used = np.bincount(
            dense.place[may],
            weights=np.broadcast_to(dense.demand[:, None], may.shape)[may],
            minlength=len(node.free),
        )
        idle: IntArray = dense.prices @ np.maximum(node.free - used.astype(np.int64), 0)
        return idle


def in_units(value: int | None) -> int:
    """A limit of a function in 1 / `FINE`; None is no limit."""
    return CLOSED >> 2 if value is None else value * FINE
