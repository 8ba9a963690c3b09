"""Imports of intelligence and of facilities, as documents.

An import supersedes what was known of the same batch and never deletes it: what a
decision rested on can be looked up years later.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from placement_engine.intelligence import Facility, Network
from placement_engine.register.contents import (
    read_facilities,
    read_framed,
    write_facilities,
    write_framed,
)
from placement_engine.register.documents import DocumentKind
from placement_engine.register.vault import Changing, Reading
from placement_engine.vocabulary import BatchName


class SnapshotState(StrEnum):
    """Whether a snapshot is what its batch says now."""

    IN_FORCE = "in_force"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSnapshot:
    """One import of intelligence, and the days on which it was in force.

    Parameters
    ----------
    content
        Id of the document that holds the network itself.
    until
        None while it is in force.
    """

    id: bytes
    content: bytes
    batch: BatchName
    content_hash: str
    since: date
    until: date | None

    @property
    def state(self) -> SnapshotState:
        """In force, or superseded."""
        return SnapshotState.IN_FORCE if self.until is None else SnapshotState.SUPERSEDED


def stored(state: Reading) -> tuple[StoredSnapshot, ...]:
    """All snapshots, by batch and day; no network is opened."""
    found: list[StoredSnapshot] = []
    for document in state.documents(DocumentKind.NETWORK):
        facts = read_framed(document.payload).facts
        found.append(
            StoredSnapshot(
                id=document.id,
                content=bytes.fromhex(facts["content"]),
                batch=BatchName(facts["batch"]),
                content_hash=facts["hash"],
                since=date.fromisoformat(facts["since"]),
                until=date.fromisoformat(facts["until"]) if facts["until"] else None,
            )
        )
    return tuple(sorted(found, key=lambda s: (s.batch, s.since, s.until or date.max, s.id)))


def networks(state: Reading) -> dict[BatchName, Network]:
    """The network in force of each batch."""
    return {
        snapshot.batch: Network.from_bytes(state.document(snapshot.content).payload)
        for snapshot in stored(state)
        if snapshot.state is SnapshotState.IN_FORCE
    }


def superseded_naming(state: Reading, people: Collection[str]) -> list[StoredSnapshot]:
    """Superseded snapshots in which one of these people is a node; each network is opened."""
    return [
        snapshot
        for snapshot in (stored(state) if people else ())
        if snapshot.state is SnapshotState.SUPERSEDED
        and not frozenset(people).isdisjoint(
            Network.from_bytes(state.document(snapshot.content).payload).nodes
        )
    ]


def by_hash(state: Reading, wanted: Mapping[str, str]) -> Network | None:
    """The networks of these batches by content hash, combined; None if one is gone."""
    known = {(s.batch, s.content_hash): s.content for s in stored(state)}
    if any((BatchName(batch), told) not in known for batch, told in wanted.items()):
        return None
    return Network.combine(
        [
            Network.from_bytes(state.document(known[BatchName(batch), wanted[batch]]).payload)
            for batch in sorted(wanted)
        ]
    )


def supersede(change: Changing, batch: BatchName, network: Network, day: date) -> bool:
    """Put `network` in force for its batch; False if exactly that is in force already."""
    for earlier in stored(change):
        if earlier.batch != batch or earlier.state is SnapshotState.SUPERSEDED:
            continue
        if earlier.content_hash == network.content_hash:
            return False
        change.replace(earlier.id, _framed(replace(earlier, until=max(earlier.since, day))))
    content = change.add(DocumentKind.SNAPSHOT, network.to_bytes())
    change.add(
        DocumentKind.NETWORK,
        _framed(
            StoredSnapshot(
                id=b"",
                content=content,
                batch=batch,
                content_hash=network.content_hash,
                since=day,
                until=None,
            )
        ),
    )
    return True


def facilities(state: Reading) -> tuple[Facility, ...]:
    """What places offer, as last imported; empty if nothing was."""
    documents = list(state.documents(DocumentKind.FACILITY))
    return read_facilities(documents[0].payload) if documents else ()


def replace_facilities(change: Changing, rows: Sequence[Facility]) -> None:
    """Put `rows` in place of all that was known."""
    known = change.ids(DocumentKind.FACILITY)
    if known:
        change.replace(known[0], write_facilities(rows))
    else:
        change.add(DocumentKind.FACILITY, write_facilities(rows))


def _framed(snapshot: StoredSnapshot) -> bytes:
    return write_framed(
        {
            "batch": snapshot.batch,
            "hash": snapshot.content_hash,
            "since": snapshot.since.isoformat(),
            "until": snapshot.until.isoformat() if snapshot.until else "",
            "content": snapshot.content.hex(),
        },
        b"",
    )
