"""Who is placed where, encrypted: one register, its keys, and the store that keeps its bytes.

Names load on first use, so that a key can be on its way before the rest is there.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from placement_engine.register.access import Act, Actor, Role, Session
    from placement_engine.register.anchor import FileAnchor
    from placement_engine.register.casework import CaseState, StoredDecision
    from placement_engine.register.checkpoint import WitnessDirectory
    from placement_engine.register.documents import Document, DocumentKind
    from placement_engine.register.keys import KeyProvider, PassphraseKey, RawKey
    from placement_engine.register.memory import MemoryStore
    from placement_engine.register.placed import StoredPlacement
    from placement_engine.register.register import Register
    from placement_engine.register.snapshots import SnapshotState, StoredSnapshot
    from placement_engine.register.sqlite import SqliteStore
    from placement_engine.register.store import RegisterStore
    from placement_engine.register.users import SeedSigner, User
    from placement_engine.register.vault import VerifyReport

_HOME = {
    "Act": "access",
    "Actor": "access",
    "CaseState": "casework",
    "Document": "documents",
    "DocumentKind": "documents",
    "FileAnchor": "anchor",
    "KeyProvider": "keys",
    "MemoryStore": "memory",
    "PassphraseKey": "keys",
    "RawKey": "keys",
    "Register": "register",
    "RegisterStore": "store",
    "Role": "access",
    "SeedSigner": "users",
    "Session": "access",
    "SnapshotState": "snapshots",
    "SqliteStore": "sqlite",
    "StoredDecision": "casework",
    "StoredPlacement": "placed",
    "StoredSnapshot": "snapshots",
    "User": "users",
    "VerifyReport": "vault",
    "WitnessDirectory": "checkpoint",
}

__all__ = [
    "Act",
    "Actor",
    "CaseState",
    "Document",
    "DocumentKind",
    "FileAnchor",
    "KeyProvider",
    "MemoryStore",
    "PassphraseKey",
    "RawKey",
    "Register",
    "RegisterStore",
    "Role",
    "SeedSigner",
    "Session",
    "SnapshotState",
    "SqliteStore",
    "StoredDecision",
    "StoredPlacement",
    "StoredSnapshot",
    "User",
    "VerifyReport",
    "WitnessDirectory",
]


def __getattr__(name: str) -> object:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{home}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
