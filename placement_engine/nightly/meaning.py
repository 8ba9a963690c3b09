"""What the night means, one placement after another in plain Python: slow and obvious.

`placement_engine.nightly.check` must give the same; tests hold the two together.
"""

from __future__ import annotations

from collections.abc import Sequence

from placement_engine.cases.households import household_scores
from placement_engine.cases.observe import Observer
from placement_engine.cases.steps import (
    actor_steps,
    presence_steps,
    required_separation,
    separation_steps,
    step_of,
)
from placement_engine.nightly.finding import Finding, FindingKind, Look
from placement_engine.problem import micronats


def look_plainly(observer: Observer, ids: Sequence[str], n: int) -> Look:
    """What is seen of placement number `n` of those in force.

    Parameters
    ----------
    ids
        Register id of each placement in force, as hex.
    """
    share = int(observer.own_shares()[n])
    found = [*_placed(observer, ids, n), *_present(observer, n), *_own(observer, n, share)]
    return Look(placement=ids[n], share=share, findings=tuple(sorted(found)))


def _placed(observer: Observer, ids: Sequence[str], n: int) -> list[Finding]:
    geography, policy, own = observer.geography, observer.policy, observer.in_force[n]
    levels = len(separation_steps(policy))
    found: list[Finding] = []
    for m, other in enumerate(observer.in_force):
        home, away = observer.household(own.subject), observer.household(other.subject)
        if away[0] in home or home[0] in away:
            continue
        scores = household_scores(observer.graph, [home], [away])
        h, direct = float(scores.h_or[0, 0]), bool(scores.direct[0, 0])
        step = required_separation(policy, h, direct)
        if step is None:
            continue
        a, b = (geography.index[p.municipality] for p in (own, other))
        risk = micronats(h * float(observer.exposure[a, b]))
        level = levels - separation_steps(policy).index(step)
        if step.forbids(geography, a, b):
            found.append(Finding(kind=FindingKind.PLACED, other=ids[m], level=level, risk=risk))
        if own.provider is not None and own.provider == other.provider:
            found.append(Finding(kind=FindingKind.PROVIDER, other=ids[m], level=level, risk=risk))
    return found


def _present(observer: Observer, n: int) -> list[Finding]:
    geography, own, present = observer.geography, observer.in_force[n], observer.present
    here = geography.index[own.municipality]
    home = [observer.household(own.subject)]
    found: list[Finding] = []
    for number, actor in enumerate(present.actors):
        scores = household_scores(observer.graph, home, [(actor,)])
        h, direct = float(scores.h_or[0, 0]), bool(scores.direct[0, 0])
        strength, there = float(present.strength[number]), int(present.site[number])
        if present.is_group[number]:
            kind, steps = FindingKind.PRESENCE, presence_steps(observer.policy)
            step = step_of(steps, h * strength, False)
        else:
            kind, steps = FindingKind.ACTOR, actor_steps(observer.policy)
            step = step_of(steps, h, direct)
        if step is not None and step.forbids(geography, here, there):
            found.append(
                Finding(
                    kind=kind,
                    other=f"{actor} {geography.codes[there]}",
                    level=len(steps) - steps.index(step),
                    risk=micronats(h * strength * float(observer.exposure[here, there])),
                )
            )
    return found


def _own(observer: Observer, n: int, share: int) -> list[Finding]:
    policy, found = observer.policy, []
    level = (
        (share >= micronats(policy.risk.band_medium))
        + (share >= micronats(policy.risk.band_high))
        + (share > micronats(policy.risk.ceiling))
    )
    if level:
        found.append(Finding(kind=FindingKind.RISK, level=level, risk=share))
    if observer.unknown(observer.in_force[n].subject):
        found.append(Finding(kind=FindingKind.UNKNOWN))
    return found
