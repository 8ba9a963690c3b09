"""Entries, pages, checkpoints and messages: the parts of the log one by one."""

from __future__ import annotations

import base64
import os
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placement_engine.errors import IntegrityBroken, InvalidInput, UnknownReference
from placement_engine.register import (
    Act,
    Actor,
    DocumentKind,
    MemoryStore,
    RawKey,
    Register,
    Role,
    Session,
    audit,
    crypto,
    merkle,
    messages,
    offices,
)
from placement_engine.register.audit import Entry
from placement_engine.register.checkpoint import (
    Checkpoint,
    LogKey,
    key_hash,
    origin,
    read_checkpoint,
)
from placement_engine.register.documents import FIRST_SIZE
from placement_engine.register.head import Head, LogState, found
from placement_engine.register.vault import Vault

KEY = RawKey(bytes(range(32)))
DAY = date(2026, 11, 22)
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def entry(number: int, who: str = "A", case: str = "") -> Entry:
    return Entry(
        at=NOON + timedelta(seconds=number),
        who=who,
        role=Role.ANALYST,
        purpose="p",
        act=Act.READ,
        call="placements",
        case=case,
        salt=f"{number:032x}",
    )


TEXT = st.text(st.characters(codec="utf-8"), max_size=30)


@settings(deadline=None, max_examples=40)
@given(TEXT, TEXT, TEXT, st.none() | st.datetimes(timezones=st.just(UTC)))
def test_an_entry_is_read_as_it_was_written(
    who: str, purpose: str, case: str, at: datetime | None
) -> None:
    at = None if at is None else at.replace(microsecond=0)
    told = replace(entry(1), who=who, purpose=purpose, case=case, at=at)
    leaf = told.encode()
    assert b"\n" not in leaf
    assert Entry.decode(leaf) == told


def vault() -> Vault:
    made = found(KEY, (DocumentKind.SETTING, b"{}"), os.urandom)
    store = MemoryStore(header=made.header, head=made.head, records=made.records)
    return Vault(store, made.keys, entropy=os.urandom)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.lists(st.integers(0, 6000), min_size=1, max_size=8), max_size=8))
def test_pages_keep_all_entries_in_order(batches: list[list[int]]) -> None:
    """Entries of any length, several at a time, over any number of pages."""
    kept, own = [], vault()
    for batch in batches:
        entries = [entry(length, who="é" * (length // 2)) for length in batch]
        with own.change() as change:
            audit.append(change, entries)
        kept += entries
    with own.read() as state:
        leaves = audit.leaves(state, own.log)
    assert list(audit.entries(leaves)) == kept
    assert own.log.tree.root == merkle.root([merkle.leaf_hash(e.encode()) for e in kept])
    assert own.verify().records == own._head.count


def test_a_proof_shows_one_entry_and_no_other() -> None:
    leaves = [entry(number).encode() for number in range(11)]
    root = merkle.root([merkle.leaf_hash(leaf) for leaf in leaves])
    for index in range(11):
        proof = audit.prove(leaves, index)
        assert (proof.leaf, proof.index, proof.size, proof.root) == (leaves[index], index, 11, root)
        assert proof.holds()
        assert not replace(proof, leaf=leaves[index - 1]).holds()
        assert not replace(proof, index=(index + 1) % 11).holds()
        assert not replace(proof, size=10 if index == 10 else 40).holds()
        assert not replace(proof, root=bytes(32)).holds()
        assert not replace(proof, path=proof.path[1:]).holds()
    for index in (-1, 11):
        with pytest.raises(ValueError, match="no such leaf"):
            audit.prove(leaves, index)


def test_short_entries_share_a_page() -> None:
    own = vault()
    for number in range(100):
        with own.change() as change:
            audit.append(change, [entry(number)])
    with own.read() as state:
        pages = list(state.documents(DocumentKind.LOG))
    assert len(pages) < 10
    assert all(len(page.payload) <= FIRST_SIZE for page in pages)


def test_a_change_of_the_log_alone_is_no_change_of_facts() -> None:
    own = vault()
    with own.change() as change:
        change.add(DocumentKind.EVENT, b"fact")
    assert (own.epoch, own.facts) == (2, 2)
    session = Session(actor=Actor(who="A"), clock=lambda: NOON)
    with Register.found(MemoryStore, KEY, single_user=True, today=DAY, session=session) as one:
        before = one.epoch
        one.placements()
        assert one.epoch == before
        one.put_case("C-1", b"case")
        assert one.epoch == before + 1


@settings(deadline=None)
@given(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
def test_heads_are_read_as_they_were_written(size: int, epoch: int, quiet: int) -> None:
    roots = tuple(bytes([n % 256]) * 32 for n in range(size.bit_count()))
    log = LogState(tree=merkle.Frontier(size=size, roots=roots), page=b"p" * 16)
    head = Head(count=3, epoch=epoch, digest=2**256 - 1, quiet=quiet, log=log)
    body = head.encode()
    assert len(body) <= 2128
    assert Head.decode(body.ljust(4422, b"\0")) == head


def test_a_head_from_before_the_log_is_read() -> None:
    old = Head(count=3, epoch=9, digest=7).encode()[:48].ljust(4422, b"\0")
    assert Head.decode(old) == Head(count=3, epoch=9, digest=7)


# Signatures and checkpoints. -----------------------------------------------------------


def test_signatures_are_those_of_rfc_8032() -> None:
    """Test 1 of section 7.1."""
    seed = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    public = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    signature = bytes.fromhex(
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555"
        "fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
    )
    assert crypto.public_key(seed) == public
    assert crypto.sign(seed, b"") == signature
    assert crypto.signed(public, signature, b"")
    assert not crypto.signed(public, signature, b"x")
    assert not crypto.signed(public, signature[:-1], b"")
    assert not crypto.signed(public[:-1], signature, b"")
    assert not crypto.signed(crypto.public_key(bytes(32)), signature, b"")


def test_the_name_of_a_key_is_that_of_other_programs() -> None:
    """Key, note and signature of the example in the documentation of Go's sumdb/note."""
    name, told, key = ["PeterNeumann", "c74f20a3", "ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"]
    public = base64.b64decode(key)
    assert public[:1] == b"\x01"
    assert key_hash(name, public[1:]).hex() == told
    note = (
        b"If you think cryptography is the answer to your problem,\n"
        b"then you don't know what your problem is.\n"
    )
    signature = base64.b64decode(
        "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
    )
    assert signature[:4].hex() == told
    assert crypto.signed(public[1:], signature[4:], note)


def test_a_private_key_is_locked_by_its_passphrase() -> None:
    seed = bytes(range(32))
    locked = crypto.lock_seed(seed, b"a phrase")
    assert b"ENCRYPTED" in locked
    assert crypto.unlock_seed(locked, b"a phrase") == seed
    for pem, phrase in ((locked, b"another"), (b"nothing", b"a phrase"), (locked[:-40], b"a")):
        with pytest.raises(crypto.Unauthentic):
            crypto.unlock_seed(pem, phrase)


LOG_KEY = LogKey(origin=origin(b"r" * 16), seed=bytes(range(32)))
STATE = Checkpoint(origin=LOG_KEY.origin, size=7, root=b"\x07" * 32)


def test_a_checkpoint_is_a_signed_note() -> None:
    note = LOG_KEY.sign(STATE)
    name, size, root, blank, signature, end = note.decode().split("\n")
    assert (name, size, blank, end) == (LOG_KEY.origin, "7", "", "")
    assert base64.b64decode(root) == STATE.root
    dash, signer, told = signature.split(" ")
    assert (dash, signer) == ("\N{EM DASH}", LOG_KEY.origin)
    content = base64.b64decode(told)
    assert content[:4] == key_hash(LOG_KEY.origin, LOG_KEY.public)
    assert crypto.signed(LOG_KEY.public, content[4:], f"{name}\n{size}\n{root}\n".encode())
    assert read_checkpoint(note, name=LOG_KEY.origin, public=LOG_KEY.public) == STATE
    assert "+" not in LOG_KEY.origin
    assert LOG_KEY.verifier.startswith(f"{LOG_KEY.origin}+{content[:4].hex()}+AQ")
    assert "seed" not in repr(LOG_KEY)


def test_no_altered_checkpoint_is_read() -> None:
    """Every bit, those that base64 does not need among them."""
    note = LOG_KEY.sign(STATE)
    for at in range(8 * len(note)):
        altered = bytearray(note)
        altered[at // 8] ^= 1 << at % 8
        with pytest.raises(IntegrityBroken):
            read_checkpoint(bytes(altered), name=LOG_KEY.origin, public=LOG_KEY.public)


def test_a_checkpoint_of_another_name_or_key_is_not_read() -> None:
    other = LogKey(origin="placement_engine/other", seed=LOG_KEY.seed)
    forger = LogKey(origin=LOG_KEY.origin, seed=bytes(32))
    for note in (
        other.sign(replace(STATE, origin=other.origin)),
        other.sign(STATE),
        LOG_KEY.sign(replace(STATE, origin=other.origin)),
        forger.sign(STATE),
    ):
        with pytest.raises(IntegrityBroken):
            read_checkpoint(note, name=LOG_KEY.origin, public=LOG_KEY.public)


# Messages. -----------------------------------------------------------------------------


class Wall:
    """A clock on the wall."""

    now = NOON


def owner(store: MemoryStore, who: str, wall: Wall) -> Register:
    session = Session(actor=Actor(who=who), clock=lambda: wall.now)
    return Register.over(store, KEY, session=session)


@pytest.fixture
def store() -> MemoryStore:
    made = found(KEY, (DocumentKind.SETTING, b'{"single_user":true}'), os.urandom)
    store = MemoryStore(header=made.header, head=made.head, records=made.records)
    with owner(store, "A", Wall()) as register:
        register.put_entries(DocumentKind.ALERT, {"A-1": b"", "A-2": b""})
    return store


def test_owners_write_and_answer_and_are_not_named(store: MemoryStore) -> None:
    wall = Wall()
    with owner(store, "A", wall) as one:
        messages.send(one.desk, "A-1", " Ring mig på 1234. \n", days=7)
    wall.now = NOON + timedelta(hours=1)
    with owner(store, "B", wall) as other:
        messages.send(other.desk, "A-1", "Gjort.", days=7)
        told = messages.read(other.desk, "A-1")
        assert [(m.own, m.text) for m in told] == [(False, "Ring mig på 1234."), (True, "Gjort.")]
        assert messages.read(other.desk, "A-2") == ()
    assert set(told[0].__slots__) == {"alert", "own", "sent", "expires", "text"}
    assert "1234" not in repr(told)


def test_a_clock_that_was_set_back_is_told(store: MemoryStore) -> None:
    wall = Wall()
    with owner(store, "A", wall) as one:
        for hours in (1, 2, 0, 3, 2, 2):
            wall.now = NOON + timedelta(hours=hours)
            one.placements()
        assert offices.verify_log(one.desk).set_back == 2


def test_a_message_ends_and_is_removed(store: MemoryStore) -> None:
    wall = Wall()
    with owner(store, "A", wall) as one:
        messages.send(one.desk, "A-1", "first", days=1)
        wall.now = NOON + timedelta(days=1)
        assert messages.read(one.desk, "A-1") == ()
        messages.send(one.desk, "A-1", "second", days=1)
        with one._vault.read() as state:
            assert len(list(state.documents(DocumentKind.MESSAGE))) == 1


@pytest.mark.parametrize(
    ("alert", "text", "days", "error"),
    [
        ("A-1", " \n", 1, InvalidInput),
        ("A-1", "é" * 2001, 1, InvalidInput),
        ("A-1", "text", 0, InvalidInput),
        ("A-1", "text", 91, InvalidInput),
        ("A-9", "text", 1, UnknownReference),
    ],
)
def test_what_is_no_message_is_not_sent(
    store: MemoryStore, alert: str, text: str, days: int, error: type[Exception]
) -> None:
    with owner(store, "A", Wall()) as one:
        before = one.desk.vault.epoch
        with pytest.raises(error):
            messages.send(one.desk, alert, text, days=days)
        assert one.desk.vault.epoch == before
        messages.send(one.desk, "A-1", "é" * 2000, days=90)
    with owner(store, "A", Wall()) as one, pytest.raises(UnknownReference):
        messages.read(one.desk, "A-9")


def test_neither_text_nor_names_stand_in_any_file(tmp_path: Path) -> None:
    session = Session(actor=Actor(who="CANARY-WHO", purpose="CANARY-WHY"), clock=lambda: NOON)
    path = tmp_path / "a.register"
    with Register.create(path, KEY, single_user=True, today=DAY, session=session) as register:
        register.put_case("CANARY-CASE", b"case")
        register.put_entries(DocumentKind.ALERT, {"CANARY-ALERT": b""})
        messages.send(register.desk, "CANARY-ALERT", "CANARY-TEXT", days=1)
        raw = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    raw += path.read_bytes()
    assert b"CANARY" not in raw
    assert b"Ed25519" not in raw
