"""What an import of intelligence held, in numbers."""

from __future__ import annotations

from dataclasses import dataclass

from placement_engine.intelligence.network import Network
from placement_engine.vocabulary import BatchName


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportSummary:
    """What an import of intelligence held; `changed` is False if it was known already."""

    batch: BatchName
    persons: int
    groups: int
    ties: int
    presences: int
    changed: bool

    @classmethod
    def of(cls, network: Network, *, batch: BatchName, changed: bool) -> ImportSummary:
        """Count what a network holds."""
        return cls(
            batch=batch,
            persons=network.person_count,
            groups=network.group_count,
            ties=network.tie_count,
            presences=network.presence_count,
            changed=changed,
        )
