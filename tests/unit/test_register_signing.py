"""What is signed, hashed and paged, byte for byte: another version has to agree with it."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from placement_engine.register import DocumentKind, SeedSigner, WitnessDirectory, audit
from placement_engine.register.checkpoint import MAX_SIZE
from placement_engine.register.documents import FIRST_SIZE
from placement_engine.register.requests import Wish
from tests.unit.test_register_log import entry, vault

ID = bytes(range(16))


def wish(parameters: list[bytes]) -> Wish:
    return Wish.of(ID, "accept", ["C-1", "C-2"], parameters, "Ann")


def test_a_wish_folds_its_parameters_into_one_hash() -> None:
    one, two = b"\0\0\0\x03=ab", b"\0\0\0\x02=c"
    folded = hashlib.sha256(b"placement_engine/request" + b"\0\0\0\x01=" + one + two).hexdigest()
    assert wish([b"ab", b"c"]) == Wish(
        register=ID.hex(), operation="accept", cases=("C-1", "C-2"), parameters=folded, by="Ann"
    )
    others = [[], [b""], [b"ab"], [b"ab", b"c", b""], [b"abc"], [b"c", b"ab"], [b"a", b"bc"]]
    assert len({wish(parameters).parameters for parameters in others} - {folded}) == len(others)


def test_a_private_key_is_not_shown() -> None:
    signer = SeedSigner(seed=b"canary of a private key, 32 byte")
    assert repr(signer) == str(signer) == "SeedSigner(...)"


@pytest.mark.parametrize("clock", [True, False], ids=["clock", "no clock"])
def test_a_leaf_is_one_line_of_json_that_is_read_as_it_was_written(clock: bool) -> None:
    told = entry(1, who="Åsa", case="C-1")
    if not clock:
        told = replace(told, at=None)
    at = '"2026-11-22T12:00:01+00:00"' if clock else "null"
    leaf = (
        f'{{"salt":"{1:032x}","at":{at},"who":"Åsa","role":"analyst","purpose":"p",'
        '"act":"read","call":"placements","case":"C-1"}'
    )
    assert told.encode().decode() == leaf
    assert audit.Entry.decode(leaf.encode()) == told


@pytest.mark.parametrize(("over", "pages"), [(-1, 1), (0, 1), (1, 2)])
def test_a_page_is_filled_to_its_last_byte(over: int, pages: int) -> None:
    own, first = vault(), entry(1)
    # Number of the first entry in 8 bytes, then each entry and the end of its line.
    used = 8 + len(first.encode()) + 1
    missing = FIRST_SIZE - used - 1 - len(replace(first, who="").encode())
    second = replace(first, who="x" * (missing + over))
    for one in (first, second):
        with own.change() as change:
            audit.append(change, [one])
    with own.read() as state:
        assert audit.leaves(state, own.log) == [first.encode(), second.encode()]
        sizes = [len(page.payload) for page in state.documents(DocumentKind.LOG)]
    assert len(sizes) == pages
    if pages == 1:
        assert sizes == [FIRST_SIZE + over]


def test_a_witness_looks_at_no_more_than_a_checkpoint_can_have(tmp_path: Path) -> None:
    witness = WitnessDirectory(path=tmp_path)
    witness.write(ID, b"x" * (MAX_SIZE + 100))
    assert witness.read(ID) == b"x" * (MAX_SIZE + 1)  # one more tells that it is too long
    witness.write(ID, b"note")
    assert witness.read(ID) == b"note"
    assert witness.read(bytes(16)) is None
