"""The network as columns: persons, groups, ties and presences of one or more imports."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from placement_engine.errors import InvalidInput
from placement_engine.vocabulary import Environment, GroupCategory, PersonRole, TieKind

KINDS = tuple(TieKind)
"""Kinds of tie by their number in `TieColumns.kind`."""
ROLES = tuple(PersonRole)
CATEGORIES = tuple(GroupCategory)
ENVIRONMENTS = tuple(Environment)

_MAGIC = b"PENET1\n"

Column = NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TieColumns:
    """T reports of ties.

    Parameters
    ----------
    a, b
        (T,) int32 node indices; membership and defection run person → group.
    kind
        (T,) int8 index into `KINDS`.
    source, information
        (T,) int8: 0–5 for A–F, and 1–6.
    last_seen, first_seen, ended
        (T,) int32 day numbers (``date.toordinal``), 0 for none.
    severity
        (T,) float64 in [0, 1].
    origin, handling
        (T,) int32 index into `Network.origins` and `Network.handlings`.
    """

    a: Column
    b: Column
    kind: Column
    source: Column
    information: Column
    last_seen: Column
    first_seen: Column
    ended: Column
    severity: Column
    origin: Column
    handling: Column

    def __len__(self) -> int:
        return len(self.a)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PresenceColumns:
    """P reports of presence; `municipality` is the code as int32, the rest as in ties."""

    actor: Column
    municipality: Column
    strength: Column
    source: Column
    information: Column
    last_seen: Column
    ended: Column

    def __len__(self) -> int:
        return len(self.actor)


TIE_TYPES = {
    "a": "<i4",
    "b": "<i4",
    "kind": "<i1",
    "source": "<i1",
    "information": "<i1",
    "last_seen": "<i4",
    "first_seen": "<i4",
    "ended": "<i4",
    "severity": "<f8",
    "origin": "<i4",
    "handling": "<i4",
}
PRESENCE_TYPES = {
    "actor": "<i4",
    "municipality": "<i4",
    "strength": "<f8",
    "source": "<i1",
    "information": "<i1",
    "last_seen": "<i4",
    "ended": "<i4",
}
_NODE_TYPES = {
    "is_group": "|b1",
    "role": "<i1",
    "category": "<i1",
    "environment": "<i1",
    "birth_year": "<i2",
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Network:
    """What is known of people, groups and their ties.

    Parameters
    ----------
    nodes
        n ids in order, persons and groups in one id space.
    is_group
        (n,) whether a node is a group.
    role
        (n,) index into `ROLES`, -1 for groups.
    category, environment
        (n,) index into `CATEGORIES` and `ENVIRONMENTS`, -1 for persons.
    birth_year
        (n,) 0 where unknown.
    labels
        n texts, empty for persons and for groups without one.
    origins, handlings
        Texts that the ties point to.
    """

    nodes: tuple[str, ...] = field(repr=False)
    is_group: Column = field(repr=False)
    role: Column = field(repr=False)
    category: Column = field(repr=False)
    environment: Column = field(repr=False)
    birth_year: Column = field(repr=False)
    labels: tuple[str, ...] = field(repr=False)
    ties: TieColumns = field(repr=False)
    presences: PresenceColumns = field(repr=False)
    origins: tuple[str, ...] = field(repr=False)
    handlings: tuple[str, ...] = field(repr=False)

    @property
    def person_count(self) -> int:
        """How many persons."""
        return len(self.nodes) - self.group_count

    @property
    def group_count(self) -> int:
        """How many groups."""
        return int(self.is_group.sum())

    @property
    def tie_count(self) -> int:
        """How many different reports of ties."""
        return len(self.ties)

    @property
    def presence_count(self) -> int:
        """How many reports of presence."""
        return len(self.presences)

    def with_role(self, role: PersonRole) -> tuple[str, ...]:
        """Ids of the persons with a role."""
        return tuple(self.nodes[i] for i in np.flatnonzero(self.role == ROLES.index(role)))

    def count_ties(self, node: str, as_of: date) -> dict[TieKind, int]:
        """How many reports known by a day touch a node, by kind; empty if it is not known."""
        if node not in self.nodes:
            return {}
        at, ties, today = self.nodes.index(node), self.ties, as_of.toordinal()
        known = (ties.last_seen <= today) & (ties.first_seen <= today)
        touching = ties.kind[known & ((ties.a == at) | (ties.b == at))]
        counts = np.bincount(touching, minlength=len(KINDS))
        return {kind: int(counts[i]) for i, kind in enumerate(KINDS) if counts[i]}

    @property
    def content_hash(self) -> str:
        """Hex SHA-256 of the content."""
        digest = hashlib.sha256()
        for part in self._parts():
            digest.update(part)
        return digest.hexdigest()

    @classmethod
    def empty(cls) -> Self:
        """A network that knows nothing."""
        return cls(
            nodes=(),
            labels=(),
            origins=("",),
            handlings=("",),
            ties=TieColumns(**{n: np.zeros(0, dtype=t) for n, t in TIE_TYPES.items()}),
            presences=PresenceColumns(
                **{n: np.zeros(0, dtype=t) for n, t in PRESENCE_TYPES.items()}
            ),
            **{n: np.zeros(0, dtype=t) for n, t in _NODE_TYPES.items()},
        )

    @classmethod
    def combine(cls, batches: Sequence[Network]) -> Network:
        """One network of several imports.

        A node that stands in several takes its role and birth year from the last that
        has it; a person in one and a group in another is refused.

        Raises
        ------
        InvalidInput
            If an id is a person here and a group there.
        """
        if not batches:
            return cls.empty()
        if len(batches) == 1:
            return batches[0]
        nodes = tuple(sorted({node for batch in batches for node in batch.nodes}))
        index = {node: i for i, node in enumerate(nodes)}
        columns = {n: np.zeros(len(nodes), dtype=t) for n, t in _NODE_TYPES.items()}
        labels = [""] * len(nodes)
        known = np.zeros(len(nodes), dtype=np.bool_)
        texts: dict[str, dict[str, int]] = {"origin": {"": 0}, "handling": {"": 0}}
        ties: list[dict[str, Column]] = []
        presences: list[dict[str, Column]] = []
        for batch in batches:
            at = np.array([index[node] for node in batch.nodes], dtype=np.int64)
            if (known[at] & (columns["is_group"][at] != batch.is_group)).any():
                raise InvalidInput(
                    "Two imports disagree: an id is a person in one and a group in the other.",
                    do="Give it another id in one of them and import that batch again.",
                )
            known[at] = True
            for name, column in columns.items():
                column[at] = getattr(batch, name)
            for i, label in zip(at.tolist(), batch.labels, strict=True):
                labels[i] = label or labels[i]
            moved = {f.name: getattr(batch.ties, f.name) for f in fields(TieColumns)}
            moved["a"], moved["b"] = at[batch.ties.a], at[batch.ties.b]
            for name, own in (("origin", batch.origins), ("handling", batch.handlings)):
                place = [texts[name].setdefault(text, len(texts[name])) for text in own]
                moved[name] = np.array(place, dtype=np.int64)[moved[name]]
            ties.append(moved)
            seen = {f.name: getattr(batch.presences, f.name) for f in fields(PresenceColumns)}
            seen["actor"] = at[batch.presences.actor]
            presences.append(seen)
        return cls(
            nodes=nodes,
            labels=tuple(labels),
            origins=tuple(texts["origin"]),
            handlings=tuple(texts["handling"]),
            ties=TieColumns(**_joined(ties, TIE_TYPES)),
            presences=PresenceColumns(**_joined(presences, PRESENCE_TYPES)),
            **columns,
        )

    def to_bytes(self) -> bytes:
        """The network as compact bytes; equal networks give equal bytes."""
        return _MAGIC + zlib.compress(self._plain(), level=1)

    @classmethod
    def from_bytes(cls, data: bytes) -> Network:
        """The network that `to_bytes` wrote.

        Raises
        ------
        InvalidInput
            If the bytes are damaged or of another version.
        """
        plain = data.removeprefix(_MAGIC)
        try:
            return cls._of_plain(zlib.decompress(plain) if plain is not data else b"")
        except (ValueError, KeyError, IndexError, TypeError, zlib.error):
            raise InvalidInput(
                "A stored network is damaged or of an unknown version.",
                unchanged="Nothing was changed.",
                do="Import the network again.",
            ) from None

    def _plain(self) -> bytes:
        return b"".join(self._parts())

    def _parts(self) -> Iterator[bytes]:
        """The plain bytes, a column at a time: all at once they fill the memory twice."""
        head = {
            "nodes": self.nodes,
            "labels": self.labels,
            "origins": self.origins,
            "handlings": self.handlings,
            "ties": len(self.ties),
            "presences": len(self.presences),
        }
        text = json.dumps(head, ensure_ascii=False, separators=(",", ":")).encode()
        yield len(text).to_bytes(8, "little")
        yield text
        for owner, types in (
            (self, _NODE_TYPES),
            (self.ties, TIE_TYPES),
            (self.presences, PRESENCE_TYPES),
        ):
            for name, kind in types.items():
                yield getattr(owner, name).astype(kind, copy=False).tobytes()

    @classmethod
    def _of_plain(cls, plain: bytes) -> Network:
        size = int.from_bytes(plain[:8], "little")
        head = json.loads(plain[8 : 8 + size])
        at = 8 + size
        columns: list[dict[str, Column]] = []
        for rows, types in (
            (len(head["nodes"]), _NODE_TYPES),
            (int(head["ties"]), TIE_TYPES),
            (int(head["presences"]), PRESENCE_TYPES),
        ):
            read: dict[str, Column] = {}
            for name, kind in types.items():
                read[name] = np.frombuffer(plain, dtype=kind, count=rows, offset=at)
                at += rows * np.dtype(kind).itemsize
            columns.append(read)
        if at != len(plain) or len(head["labels"]) != len(head["nodes"]):
            raise ValueError
        return cls(
            nodes=tuple(head["nodes"]),
            labels=tuple(head["labels"]),
            origins=tuple(head["origins"]),
            handlings=tuple(head["handlings"]),
            ties=TieColumns(**columns[1]),
            presences=PresenceColumns(**columns[2]),
            **columns[0],
        )


def _joined(parts: Sequence[dict[str, Column]], types: dict[str, str]) -> dict[str, Column]:
    return {
        name: np.concatenate([part[name] for part in parts]).astype(kind, copy=False)
        for name, kind in types.items()
    }
