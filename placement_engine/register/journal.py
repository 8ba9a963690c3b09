"""Entries under keys: what people and the nightly batch note down, as documents.

The register does not look into them. A key stands inside the sealed record and nowhere else.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from placement_engine.errors import NotPermitted
from placement_engine.register.contents import read_framed, write_framed
from placement_engine.register.documents import DocumentKind
from placement_engine.register.vault import Changing, Reading

NOTES: Final = frozenset(
    {DocumentKind.JUDGEMENT, DocumentKind.EVENT, DocumentKind.ALERT, DocumentKind.NIGHT}
)
"""Kinds that whoever may note anything may write; the others have calls of their own."""


def note(kind: DocumentKind) -> DocumentKind:
    """The kind, if it is one of `NOTES`; raises `NotPermitted` otherwise."""
    if kind not in NOTES:
        raise NotPermitted("Entries of this kind are not notes.", unchanged="Nothing was changed.")
    return kind


def entries(state: Reading, kind: DocumentKind) -> dict[str, bytes]:
    """All entries of a kind, by key."""
    found = (read_framed(document.payload) for document in state.documents(kind))
    return dict(sorted((framed.facts["key"], framed.payload) for framed in found))


def put(
    change: Changing,
    kind: DocumentKind,
    changed: Mapping[str, bytes],
    removed: Collection[str] = (),
) -> None:
    """Add or replace entries, and remove others; one that is equal already is left alone."""
    where = {}
    for document in change.documents(kind):
        framed = read_framed(document.payload)
        where[framed.facts["key"]] = (document, framed.payload)
    for key, payload in changed.items():
        if key not in where:
            change.add(kind, write_framed({"key": key}, payload))
        elif where[key][1] != payload:
            change.replace_read(where[key][0], write_framed({"key": key}, payload))
    for key in removed:
        if key in where:
            change.remove(where[key][0].id)
