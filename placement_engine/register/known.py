"""What the register knows besides cases and placements: intelligence, services, notes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from types import MappingProxyType

from placement_engine.errors import StaleProposal
from placement_engine.intelligence import Facility, Network
from placement_engine.register import journal, snapshots
from placement_engine.register.desk import Desk
from placement_engine.register.documents import DocumentKind
from placement_engine.register.snapshots import StoredSnapshot
from placement_engine.vocabulary import BatchName


class Known:
    """The half of `Register` that no case owns."""

    desk: Desk

    # What is known. ------------------------------------------------------------------

    def networks(self) -> Mapping[BatchName, Network]:
        """The network in force of each batch."""
        with self.desk.read("networks") as state:
            return MappingProxyType(snapshots.networks(state))

    def network(self) -> Network:
        """All batches in force, combined; empty if nothing was imported."""
        networks = self.networks()
        return Network.combine([networks[batch] for batch in sorted(networks)])

    def import_network(self, batch: str, network: Network, day: date) -> bool:
        """Put a network in force for its batch; what it supersedes is kept.

        Returns
        -------
        bool
            False if exactly this was in force already; nothing is written then.
        """
        with self.desk.change("import_network") as change:
            return snapshots.supersede(change, BatchName(batch), network, day)

    def snapshots(self) -> tuple[StoredSnapshot, ...]:
        """All imports of intelligence, in force and superseded, by batch and day."""
        with self.desk.read("snapshots") as state:
            return snapshots.stored(state)

    def network_as_it_was(self, hashes: Mapping[str, str]) -> Network | None:
        """What was in force once, by content hash of each batch; None if it is not kept."""
        with self.desk.read("network_as_it_was") as state:
            return snapshots.by_hash(state, hashes)

    def facilities(self) -> tuple[Facility, ...]:
        """What places offer, as last imported."""
        with self.desk.read("facilities") as state:
            return snapshots.facilities(state)

    def replace_facilities(self, facilities: Sequence[Facility]) -> None:
        """Put these in place of all that was known of what places offer."""
        with self.desk.change("replace_facilities") as change:
            snapshots.replace_facilities(change, facilities)

    # What people and the nightly batch note down. ------------------------------------

    def entries(self, kind: DocumentKind) -> Mapping[str, bytes]:
        """All entries of a kind by key, such as judgements, events and alerts."""
        with self.desk.read("entries") as state:
            return MappingProxyType(journal.entries(state, journal.note(kind)))

    def put_entries(
        self, kind: DocumentKind, entries: Mapping[str, bytes], *, removed: Collection[str] = ()
    ) -> None:
        """Add or replace entries and remove others, in one change."""
        with self.desk.change(_call("put_entries", {kind})) as change:
            journal.put(change, journal.note(kind), entries, removed)

    def put_all(
        self,
        entries: Mapping[DocumentKind, Mapping[str, bytes]],
        *,
        removed: Mapping[DocumentKind, Collection[str]] | None = None,
        seen: int | None = None,
    ) -> None:
        """Add or replace entries of several kinds and remove others, in one change.

        Parameters
        ----------
        seen
            The `epoch` at which was read what the entries rest on. If the register has
            changed since, by anybody, nothing is written.

        Raises
        ------
        StaleProposal
            The register has changed since `seen`.
        """
        gone = removed or {}
        kinds = {*entries, *gone}
        with self.desk.change(_call("put_all", kinds)) as change:
            self._refuse_stale(seen)
            for kind in sorted(kinds):
                journal.put(change, journal.note(kind), entries.get(kind, {}), gone.get(kind, ()))

    def _refuse_stale(self, seen: int | None) -> None:
        if seen is not None and seen != self.desk.vault.facts:
            raise StaleProposal(
                "The register has changed since the facts were read.",
                unchanged="Nothing was written.",
                do="Run it again.",
            )


def _call(name: str, kinds: Collection[DocumentKind]) -> str:
    """What noting entries of these kinds is called: judgements are a named analyst's alone."""
    return "judge" if DocumentKind.JUDGEMENT in kinds else name
