"""A network as rows of texts again, for every format that is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from datetime import date

import numpy as np

from placement_engine.intelligence.network import (
    CATEGORIES,
    ENVIRONMENTS,
    KINDS,
    ROLES,
    Network,
    PresenceColumns,
    TieColumns,
)
from placement_engine.vocabulary import SOURCES

Row = dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Withheld:
    """What an export leaves out, in numbers.

    Parameters
    ----------
    ties
        Reports with a handling code that the caller did not give.
    nodes
        Persons and groups that are known from such reports alone.
    """

    ties: int
    nodes: int


def without_codes(network: Network, codes: Iterable[str]) -> tuple[Network, Withheld]:
    """The network without the ties whose handling code is not among `codes`.

    Persons and groups that stand in no other row go with them: that they are known at all
    would tell what the code protects.
    """
    given = {"", *codes}
    allowed = np.array([text in given for text in network.handlings], dtype=np.bool_)
    keep = allowed[network.ties.handling]
    hidden, kept = ~keep, keep
    touched = np.zeros(len(network.nodes), dtype=np.bool_)
    told = np.zeros(len(network.nodes), dtype=np.bool_)
    for ends in (network.ties.a, network.ties.b):
        touched[ends[hidden]] = True
        told[ends[kept]] = True
    told[network.presences.actor] = True
    nodes = ~(touched & ~told)
    place = np.cumsum(nodes) - 1
    ties = {f.name: getattr(network.ties, f.name)[keep] for f in fields(TieColumns)}
    seen = {f.name: getattr(network.presences, f.name) for f in fields(PresenceColumns)}
    ties["a"], ties["b"] = place[ties["a"]], place[ties["b"]]
    seen["actor"] = place[seen["actor"]]
    at = np.flatnonzero(nodes).tolist()
    left = replace(
        network,
        nodes=tuple(network.nodes[i] for i in at),
        labels=tuple(network.labels[i] for i in at),
        **{
            name: getattr(network, name)[nodes]
            for name in ("is_group", "role", "category", "environment", "birth_year")
        },
        ties=TieColumns(**ties),
        presences=PresenceColumns(**seen),
    )
    return left, Withheld(ties=int(hidden.sum()), nodes=int((~nodes).sum()))


def person_rows(network: Network) -> Iterator[Row]:
    """The rows of ``persons.csv``."""
    for node, role, born in zip(
        network.nodes, network.role.tolist(), network.birth_year.tolist(), strict=True
    ):
        if role >= 0:
            yield {"person_id": node, "role": ROLES[role], "birth_year": str(born or "")}


def group_rows(network: Network) -> Iterator[Row]:
    """The rows of ``groups.csv``."""
    for node, category, environment, label in zip(
        network.nodes,
        network.category.tolist(),
        network.environment.tolist(),
        network.labels,
        strict=True,
    ):
        if category >= 0:
            yield {
                "group_id": node,
                "category": CATEGORIES[category],
                "environment": ENVIRONMENTS[environment],
                "label": label,
            }


def tie_rows(network: Network) -> Iterator[Row]:
    """The rows of ``ties.csv``, events among them as ties with their origin."""
    origins = _stated(network.origins)
    columns = [getattr(network.ties, f.name).tolist() for f in fields(TieColumns)]
    for a, b, kind, source, information, last, first, ended, severity, origin, handling in zip(
        *columns, strict=True
    ):
        yield {
            "a": network.nodes[a],
            "b": network.nodes[b],
            "kind": KINDS[kind],
            "source": SOURCES[source],
            "information": str(information),
            "last_seen": _day(last),
            "first_seen": _day(first),
            "ended": _day(ended),
            "severity": "" if severity == 1 else repr(severity),
            "origin": origins[origin],
            "handling": network.handlings[handling],
        }


def presence_rows(network: Network) -> Iterator[Row]:
    """The rows of ``presence.csv``."""
    columns = [getattr(network.presences, f.name).tolist() for f in fields(PresenceColumns)]
    for actor, municipality, strength, source, information, last, ended in zip(
        *columns, strict=True
    ):
        yield {
            "actor": network.nodes[actor],
            "municipality": f"{municipality:04}",
            "strength": repr(strength),
            "source": SOURCES[source],
            "information": str(information),
            "last_seen": _day(last),
            "ended": _day(ended),
        }


def _stated(origins: tuple[str, ...]) -> tuple[str, ...]:
    """Origins as they were stated.

    One that is implied by source letter and import is blank again; of several imports each
    keeps an origin of its own, so that what they say apart stays apart.
    """
    batches = sorted({text.split("\0")[1] for text in origins if text.startswith("\0")})
    if len(batches) < 2:
        return tuple("" if text.startswith("\0") else text for text in origins)
    number = {batch: at for at, batch in enumerate(batches, start=1)}
    stated = []
    for text in origins:
        parts = text.split("\0")
        stated.append(text if len(parts) == 1 else f"batch-{number[parts[1]]}:{parts[2]}")
    return tuple(stated)


def _day(ordinal: int) -> str:
    return date.fromordinal(ordinal).isoformat() if ordinal else ""
