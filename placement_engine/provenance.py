"""Where a fact or an answer came from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

ENGINE_VERSION: Final = "0.1.0"
"""Of this program: another one may see the same facts otherwise."""


def content_hash(parts: Iterable[bytes]) -> str:
    """SHA-256 over length-prefixed parts, as hex: equal only if every part is equal.

    Examples
    --------
    >>> content_hash([b"ab", b"c"]) == content_hash([b"a", b"bc"])
    False
    """
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """What a proposal was made from; equal provenance and seed give an equal proposal.

    All hashes are hex SHA-256 of content.
    """

    engine_version: str
    as_of: date
    policy_hash: str
    network_hash: str
    geography_hash: str
