"""Whether the first choice changes if a number of the policy were another.

The numbers are choices, many without published support. Whoever signs should know which of
them the answer hangs on. Only that it changes is told, never to which place.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from placement_engine.cases.assembly import assemble
from placement_engine.cases.case import Case
from placement_engine.cases.rules.registry import RULES
from placement_engine.cases.standing import observe
from placement_engine.errors import InvalidPolicy
from placement_engine.geo import Geography
from placement_engine.policy import Policy
from placement_engine.problem import PPM
from placement_engine.proposal import policy_numbers
from placement_engine.proposal.outcome import Status
from placement_engine.register import Register
from placement_engine.solver import (
    Answer,
    Limits,
    NoSafePlacement,
    Proposed,
    Undecided,
    solve,
)

FACTORS = (0.5, 1.5)
"""Half as much, and half as much again."""
HALVINGS = 20
"""Steps towards the allowed value that lies farthest off."""


class Effect(StrEnum):
    """What another value of a number does to the first choice."""

    SAME = "same"
    CHANGED = "changed"
    POSSIBLE = "possible"
    IMPOSSIBLE = "impossible"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True, kw_only=True)
class First:
    """The first choices under one policy.

    Parameters
    ----------
    status
        Whether there are any.
    sites
        Site index for each case.
    proved
        Whether they are proved to be the best.
    """

    status: Status
    sites: tuple[int, ...] = field(repr=False)
    proved: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """Another value of a number and what it does."""

    value: float
    effect: Effect


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberRow:
    """One number of the policy, what it is, and each value that was tried instead."""

    number: str
    value: float
    tried: tuple[Tried, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SensitivityTable:
    """Which numbers the first choice hangs on.

    Parameters
    ----------
    status
        With the policy as it is.
    rows
        In the order of the policy; a number that is 0 has no other value to try.
    """

    status: Status
    rows: tuple[NumberRow, ...]


def sensitivity(
    policy: Policy,
    answer: Callable[[Policy], First],
    *,
    factors: Sequence[float] = FACTORS,
    numbers: Sequence[str] | None = None,
) -> SensitivityTable:
    """Answer under each other value of each number.

    Parameters
    ----------
    answer
        Assembles and solves under a policy.
    factors
        What each number is multiplied with; a value that the policy does not allow is
        brought to the allowed value that lies farthest off.
    numbers
        Only these, of ``policy_numbers.numbers``; all unless given.
    """
    now = answer(policy)
    # Equal values are asked once: many numbers share a limit.
    known: dict[str, First] = {policy.hash: now}
    rows = []
    for name, value in policy_numbers.numbers(policy):
        if value == 0 or (numbers is not None and name not in numbers):
            continue
        tried = []
        for factor in factors:
            other = _other(policy, name, value, factor)
            if other is None:
                continue
            changed, at = other
            if changed.hash not in known:
                known[changed.hash] = answer(changed)
            tried.append(Tried(value=at, effect=_effect(now, known[changed.hash])))
        rows.append(NumberRow(number=name, value=value, tried=tuple(tried)))
    return SensitivityTable(status=now.status, rows=tuple(rows))


def _other(policy: Policy, name: str, value: float, factor: float) -> tuple[Policy, float] | None:
    """The policy with the number changed as far towards the factor as is allowed."""
    best: tuple[Policy, float] | None = None
    low, high = 0.0, 1.0  # share of the way; what is tried first is the whole of it
    share = 1.0
    for _ in range(HALVINGS):
        at = value * (1 + (factor - 1) * share)
        if isinstance(value, int):
            # At least one, or nothing is tried.
            way = 1 if factor > 1 else -1
            at = value + way * max(1, round(abs(at - value)))
        try:
            best = policy_numbers.changed(policy, name, at), at
            low = share
        except InvalidPolicy:
            high = share
        if low == high or low == 1.0:
            break
        share = (low + high) / 2
    return best


def _effect(now: First, other: First) -> Effect:
    if other.status not in (Status.PROPOSED, Status.NO_SAFE_PLACEMENT):
        return Effect.UNDECIDED
    if other.status is not now.status:
        return Effect.POSSIBLE if other.status is Status.PROPOSED else Effect.IMPOSSIBLE
    if other.sites == now.sites:
        return Effect.SAME
    # A plan that is not proved may differ for want of time alone.
    return Effect.CHANGED if now.proved and other.proved else Effect.UNDECIDED


def first_choice(
    register: Register,
    cases: Sequence[Case],
    *,
    geography: Callable[[Policy], Geography],
    as_of: date,
    limits: Limits,
    seed: int = 0,
    workers: int = 2,
) -> Callable[[Policy], First]:
    """The answer to cases under any policy, for `sensitivity`; nothing is written.

    Parameters
    ----------
    geography
        Gives the geography for a policy: distances by road follow from one of its numbers.
    """

    def answer(policy: Policy) -> First:
        observer = observe(register, policy=policy, geography=geography(policy), as_of=as_of)
        world = observer.world(cases)
        found = solve(
            assemble(world, observer.graph, seed=seed).problem,
            limits=limits,
            seed=seed,
            workers=workers,
            rule_order=tuple(rule.code for rule in RULES),
            pair_classes_ppm=(
                round(policy.risk.pair_medium * PPM),
                round(policy.risk.pair_high * PPM),
            ),
        )
        if isinstance(found, Proposed | Undecided) and found.interrupted:
            raise KeyboardInterrupt  # a table of which some rows were not asked says nothing
        return _first(found, len(cases))

    return answer


def _first(found: Answer, cases: int) -> First:
    match found:
        case Proposed():
            return First(
                status=Status.PROPOSED,
                sites=found.assignment[:cases],
                proved=found.proved_optimal,
            )
        case NoSafePlacement():
            return First(status=Status.NO_SAFE_PLACEMENT, sites=(), proved=True)
        case Undecided():
            return First(status=Status.UNDECIDED, sites=(), proved=False)
    return First(status=Status.FAULTED, sites=(), proved=False)
