"""A log that was written anew with the register's key and our own code.

Against somebody who has both, only what lies outside of the register helps.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from placement_engine.errors import IntegrityBroken
from placement_engine.register import Register, audit, checkpoint, merkle, offices
from placement_engine.register.audit import Entry
from placement_engine.register.documents import DocumentKind
from placement_engine.register.head import Head, LogState, seal_head
from placement_engine.register.vault import Changing
from tests.security.test_log_tampering import DAY, KEY, Place, flipped, place, places, refused
from tests.security.test_register_tampering import HEAD_ID, forge, rows_of

__all__ = ["place", "places"]  # the fixtures

Forgery = Callable[[list[bytes]], list[bytes]]


def rewrite(place: Place, forgery: Forgery) -> None:
    """Write another log in place of the one that is there, consistent with itself."""
    with place.open(anchored=False, witnessed=False) as register:
        vault = register._vault
        with vault.change() as change:
            leaves = forgery(audit.leaves(change, vault.log))
            for row_id in change.ids(DocumentKind.LOG):
                change.remove(row_id)
            change.log = LogState()
            audit.append(change, list(map(Entry.decode, leaves)))


def edited(leaves: list[bytes]) -> list[bytes]:
    entry = Entry.decode(leaves[3])
    return [*leaves[:3], replace(entry, who="Somebody Else").encode(), *leaves[4:]]


FORGERIES: dict[str, Forgery] = {
    "edited": edited,
    "truncated": lambda leaves: leaves[:-5],
    "one taken out": lambda leaves: leaves[:7] + leaves[8:],
    "one put in": lambda leaves: [*leaves[:7], leaves[2], *leaves[7:]],
    "two swapped": lambda leaves: [leaves[1], leaves[0], *leaves[2:]],
    "begun anew": lambda leaves: leaves[-1:],
    "longer": lambda leaves: [*edited(leaves), *leaves[-9:]],
}


@pytest.mark.parametrize("how", FORGERIES)
def test_a_log_that_was_computed_anew_is_noticed_by_the_witness(place: Place, how: str) -> None:
    rewrite(place, FORGERIES[how])
    with place.open(anchored=False, witnessed=False) as register:
        offices.verify_log(register.desk)  # it is consistent with itself
    with pytest.raises(IntegrityBroken, match="does not go on from"):
        place.open(anchored=False)


def test_300_logs_that_were_computed_anew(place: Place) -> None:
    """The comparison alone, without a file: each forged log against the kept checkpoint."""
    with place.open() as register, register._vault.read() as state:
        leaves = audit.leaves(state, register._vault.log)
        key = register.desk.log_key(state)
    assert key is not None
    note = place.checkpoint.read_bytes()
    chance = random.Random(5)
    for _ in range(300):
        forged = list(leaves)
        for _ in range(chance.randint(1, 3)):
            at = chance.randrange(len(forged))
            how = chance.randrange(3)
            if how == 0:
                forged[at] = flipped(forged[at], chance)
            elif how == 1:
                del forged[at:]
            else:
                forged.insert(at, b"{}")
            if not forged:
                break
        hashes = [merkle.leaf_hash(leaf) for leaf in forged]
        if forged[: len(leaves)] == leaves:
            continue
        with pytest.raises(IntegrityBroken):
            checkpoint.agree(note, key=key, leaves=hashes)
    same = [merkle.leaf_hash(leaf) for leaf in leaves]
    assert checkpoint.agree(note, key=key, leaves=same).size == len(leaves)


def test_a_log_that_does_not_fit_its_head_is_refused(place: Place) -> None:
    """Even somebody who can seal heads has to make all of it fit."""
    with place.open(anchored=False, witnessed=False) as register:
        vault = register._vault
        head = vault.read_head(vault.sealed_head)
        tree = head.log.tree
        wrong = replace(tree, roots=(bytes(32), *tree.roots[1:]))
        forged: Head = replace(head, epoch=head.epoch + 1, log=replace(head.log, tree=wrong))
        sealed = seal_head(vault._keys, vault._entropy, forged)
    forge(place.file, rows_of(place.file) | {HEAD_ID: sealed})
    assert refused(place)
    with place.open(witnessed=False) as register, pytest.raises(IntegrityBroken):
        register.verify()


def test_a_page_that_is_missing_is_refused(place: Place) -> None:
    with place.open(anchored=False, witnessed=False) as register:
        vault = register._vault
        with vault.change() as change:
            drop_a_page(change)
    with place.open(anchored=False, witnessed=False) as register, pytest.raises(IntegrityBroken):
        offices.verify_log(register.desk)


def drop_a_page(change: Changing) -> None:
    [first] = [row for row in change.ids(DocumentKind.LOG) if begins(change, row)]
    change.remove(first)


def begins(change: Changing, row: bytes) -> bool:
    return change.document(row).payload[:8] == bytes(8)


def test_a_signed_checkpoint_of_another_log_is_refused(place: Place, tmp_path: Path) -> None:
    other = Place(folder=tmp_path / "other")
    other.witness.mkdir(parents=True)
    with Register.create(
        other.file, KEY, single_user=True, today=DAY, session=other.session()
    ) as register:
        register.placements()
    for content in (other.checkpoint.read_bytes(), b"", b"\xff", place.checkpoint.read_bytes() * 2):
        place.checkpoint.write_bytes(content)
        assert refused(place)


class Kept:
    """A witness that says what it is told to say, and remembers what it was given."""

    def __init__(self, says: bytes | None) -> None:
        self.says = says
        self.given: list[tuple[bytes, bytes]] = []

    def read(self, register_id: bytes) -> bytes | None:
        assert len(register_id) == 16
        return self.says

    def write(self, register_id: bytes, note: bytes) -> None:
        self.given.append((register_id, note))


@pytest.mark.parametrize(
    ("size", "root", "fate"),
    [(4, 9, "written"), (6, 9, "left alone"), (5, 9, "refused"), (5, 5, "written")],
)
def test_a_witness_is_never_put_back(place: Place, size: int, root: int, fate: str) -> None:
    """Another program may have told it more already; the same size with another root is a lie."""
    with place.open() as register:
        with register.desk.vault.read() as state:
            key = register.desk.log_key(state)
        assert key is not None
        register_id = register.desk.vault.register_id
        now = checkpoint.Checkpoint(origin=key.origin, size=5, root=bytes([5]) * 32)
        kept = replace(now, size=size, root=bytes([root]) * 32)
        witness = Kept(key.sign(kept))
        note = key.sign(now)
        if fate == "refused":
            with pytest.raises(IntegrityBroken, match="the 5 entries"):
                register.desk._tell(witness, key, note, 5)
        else:
            register.desk._tell(witness, key, note, 5)
        assert witness.given == ([(register_id, note)] if fate == "written" else [])
        empty = Kept(None)
        register.desk._tell(empty, key, note, 5)
        assert empty.given == [(register_id, note)]
