"""Who is placed where, encrypted: one register, its keys, and the store that keeps its bytes."""

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
