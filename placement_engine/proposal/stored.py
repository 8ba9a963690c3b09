"""A proposal as bytes, for the register, and back."""

from __future__ import annotations

from pydantic import TypeAdapter

from placement_engine.proposal.outcome import Proposal


def write_proposal(proposal: Proposal) -> bytes:
    """The proposal as JSON bytes; equal proposals give equal bytes but for `seconds`."""
    return TypeAdapter(Proposal).dump_json(proposal)


def read_proposal(payload: bytes) -> Proposal:
    """The proposal that `write_proposal` wrote."""
    return TypeAdapter(Proposal).validate_json(payload)
