"""A proposal as bytes, for the register, and back."""

from __future__ import annotations

from functools import cache

from pydantic import TypeAdapter

from placement_engine.proposal.outcome import Proposal


def write_proposal(proposal: Proposal) -> bytes:
    """The proposal as JSON bytes; equal proposals give equal bytes but for `seconds`."""
    return _adapter().dump_json(proposal)


def read_proposal(payload: bytes) -> Proposal:
    """The proposal that `write_proposal` wrote."""
    return _adapter().validate_json(payload)


@cache
def _adapter() -> TypeAdapter[Proposal]:
    return TypeAdapter(Proposal)
