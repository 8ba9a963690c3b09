"""What the nightly batch needs besides the calls of a register: one change, an earlier network."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from placement_engine.errors import StaleProposal
from placement_engine.intelligence import Network
from placement_engine.register import journal, snapshots
from placement_engine.register.documents import DocumentKind
from placement_engine.register.register import Register


def put_all(
    register: Register,
    entries: Mapping[DocumentKind, Mapping[str, bytes]],
    *,
    removed: Mapping[DocumentKind, Collection[str]] | None = None,
    seen: int | None = None,
) -> None:
    """Add or replace entries of several kinds and remove others, in one change.

    Parameters
    ----------
    seen
        The register's `epoch` at which was read what the entries rest on. If the facts
        have changed since, by anybody, nothing is written.

    Raises
    ------
    StaleProposal
        The register has changed since `seen`.
    """
    gone = removed or {}
    with register.desk.change("put_entries") as change:
        if seen is not None and seen != register.epoch:
            raise StaleProposal(
                "The register has changed since the facts were read.",
                unchanged="Nothing was written.",
                do="Run it again.",
            )
        for kind in sorted({*entries, *gone}):
            journal.put(change, journal.note(kind), entries.get(kind, {}), gone.get(kind, ()))


def network_as_it_was(register: Register, hashes: Mapping[str, str]) -> Network | None:
    """What was in force once, by content hash of each batch; None if it is not kept."""
    with register.desk.read("networks") as state:
        return snapshots.by_hash(state, hashes)
