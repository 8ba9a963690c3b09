"""The audit log: who did what to personal data, when and why; as leaves of a Merkle tree.

An entry never tells a municipality. Entries stand in sealed documents like everything else
and are kept by the very change that they tell of; the tree's state stands in the head.
Each entry begins with 16 random bytes, so that the hashes of a proof betray none of its
neighbours to somebody who guesses.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from placement_engine.register import merkle
from placement_engine.register.access import Act, Role
from placement_engine.register.documents import FIRST_SIZE, DocumentKind
from placement_engine.register.head import LogState, unaccounted
from placement_engine.register.vault import Changing, Reading

_INDEX_SIZE = 8
_SALT_SIZE = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of the log.

    Parameters
    ----------
    at
        Date and time with its zone; None where a trial was run without a clock.
    act, call
        The kind in the words of the law, and the call that it was.
    case
        Empty where a call is about no case.
    role
        None where a call was refused: nobody has shown one.
    """

    at: datetime | None
    who: str
    role: Role | None
    purpose: str
    act: Act
    call: str
    case: str
    salt: str = field(repr=False)

    def encode(self) -> bytes:
        """The leaf: one line of JSON."""
        told = {
            "salt": self.salt,
            "at": None if self.at is None else self.at.isoformat(timespec="seconds"),
            "who": self.who,
            "role": self.role,
            "purpose": self.purpose,
            "act": self.act,
            "call": self.call,
            "case": self.case,
        }
        return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()

    @classmethod
    def decode(cls, leaf: bytes) -> Entry:
        """Undo `encode`."""
        told = json.loads(leaf)
        at = told["at"]
        return cls(
            at=None if at is None else datetime.fromisoformat(at),
            who=told["who"],
            role=None if told["role"] is None else Role(told["role"]),
            purpose=told["purpose"],
            act=Act(told["act"]),
            call=told["call"],
            case=told["case"],
            salt=told["salt"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """That a leaf stands in a log: to be checked by `holds`, without any key.

    Parameters
    ----------
    index, size
        Number of the leaf, counted from 0, and number of all leaves.
    path
        Hashes as RFC 6962, section 2.1.1, orders them.
    """

    leaf: bytes
    index: int
    size: int
    root: bytes
    path: tuple[bytes, ...]

    def holds(self) -> bool:
        """Whether it proves what it says."""
        return merkle.includes(
            merkle.leaf_hash(self.leaf),
            index=self.index,
            size=self.size,
            path=self.path,
            root_hash=self.root,
        )


def salt(change: Changing) -> str:
    """Random bytes for one entry."""
    return change.entropy(_SALT_SIZE).hex()


def append(change: Changing, entries: Sequence[Entry]) -> None:
    """Stage entries at the end of the log; to be called last, and once a change."""
    state = change.log
    leaves = [entry.encode() for entry in entries]
    tree = state.tree.grown(map(merkle.leaf_hash, leaves))
    page, content = state.page, b""
    is_new = state.tree.size == 0
    if not is_new:
        content = change.document(page).payload
    for number, leaf in enumerate(leaves, start=state.tree.size):
        if content and len(content) + 1 + len(leaf) > FIRST_SIZE:
            _stage(change, page, content, is_new=is_new)
            content, is_new = b"", True
        content = (content or number.to_bytes(_INDEX_SIZE, "big")) + leaf + b"\n"
    change.log = LogState(tree=tree, page=_stage(change, page, content, is_new=is_new))


def last_page(change: Changing) -> list[Entry]:
    """The last entries of the log, at most a page of them; none in an empty log."""
    if change.log.tree.size == 0:
        return []
    return list(entries(_page(change.document(change.log.page).payload)[1]))


def leaves(state: Reading, log: LogState) -> list[bytes]:
    """All leaves in their order.

    Raises
    ------
    IntegrityBroken
        They are not those of the tree in the head.
    """
    found: list[bytes] = []
    pages = [document.payload for document in state.documents(DocumentKind.LOG)]
    for first, rows in sorted(map(_page, pages)):
        if first != len(found):
            raise unaccounted()
        found += rows
    if merkle.Frontier().grown(map(merkle.leaf_hash, found)) != log.tree:
        raise unaccounted()
    return found


def entries(leaves: Sequence[bytes]) -> Iterator[Entry]:
    """The entries of these leaves."""
    return map(Entry.decode, leaves)


def prove(leaves: Sequence[bytes], index: int) -> Proof:
    """Prove that leaf number `index`, counted from 0, stands in the log of these leaves.

    Raises
    ------
    ValueError
        There is no such leaf.
    """
    hashes = [merkle.leaf_hash(leaf) for leaf in leaves]
    path = merkle.inclusion(hashes, index)
    root = merkle.root(hashes)
    return Proof(leaf=leaves[index], index=index, size=len(leaves), root=root, path=path)


def _stage(change: Changing, page: bytes, content: bytes, *, is_new: bool) -> bytes:
    if is_new:
        return change.add(DocumentKind.LOG, content)
    change.replace(page, content)
    return page


def _page(payload: bytes) -> tuple[int, list[bytes]]:
    """Number of the first leaf of a page, and its leaves."""
    first = int.from_bytes(payload[:_INDEX_SIZE], "big")
    return first, payload[_INDEX_SIZE:].splitlines()
