"""Any three of five shares open the register; two, or others, do not."""

from __future__ import annotations

import itertools
import pickle
import sys
from datetime import date

import pytest

from placement_engine.errors import InvalidInput, MissingExtra, WrongKey
from placement_engine.register import MemoryStore, RawKey, Register
from placement_engine.register.recovery import NEEDED, SHARES, RecoveredKey, RememberedKey

pytest.importorskip("shamir_mnemonic", reason="the extra keeper is not installed")

DAY = date(2026, 11, 23)


class Kept(MemoryStore):
    """Lives on after the register over it was closed."""


def founded(key: bytes) -> tuple[Kept, RememberedKey]:
    made: list[Kept] = []

    def make(*, header: bytes, head: bytes, records: list[tuple[bytes, bytes]]) -> Kept:
        made.append(Kept(header=header, head=head, records=records))
        return made[0]

    keys = RememberedKey(RawKey(key))
    with Register.found(make, keys, single_user=True, today=DAY) as register:
        register.put_cases({"C-1": b"case"})
    return made[0], keys


@pytest.fixture(scope="module")
def made() -> tuple[Kept, tuple[str, ...]]:
    store, keys = founded(bytes(range(32)))
    return store, keys.shares()


def test_any_three_of_five_open_it(made: tuple[Kept, tuple[str, ...]]) -> None:
    store, shares = made
    assert len(set(shares)) == SHARES == 5
    for chosen in itertools.combinations(shares, NEEDED):
        with Register.over(store, RecoveredKey(chosen)) as register:
            assert register.case("C-1") == b"case"
    with Register.over(store, RecoveredKey([*shares, shares[0], "", "  "])) as register:
        register.verify()


def test_as_somebody_types_them(made: tuple[Kept, tuple[str, ...]]) -> None:
    store, shares = made
    typed = [f"  {share.upper().replace(' ', '   ')}\n" for share in shares[:3]]
    Register.over(store, RecoveredKey(typed)).close()


def test_what_does_not_open_is_told_and_not_repeated(made: tuple[Kept, tuple[str, ...]]) -> None:
    _, shares = made
    _, other = founded(bytes(range(1, 33)))
    words = shares[0].split()
    slip = " ".join([*words[:-1], "academic" if words[-1] != "academic" else "acid"])
    for given, told in (
        (shares[:2], "3 different shares"),
        ([shares[0]] * 3, "3 different shares"),
        ([], "3 different shares"),
        ([*shares[:2], other.shares()[2]], "one making"),
        ([*shares[:2], slip], "Share 3 is mistyped"),
        ([*shares[:2], "correct horse battery staple"], "Share 3 is mistyped"),
    ):
        with pytest.raises(InvalidInput, match=told) as refused:
            RecoveredKey(given)
        assert not {w for w in words if len(w) > 5} & set(str(refused.value).split())


def test_shares_of_earlier_keys_open_nothing(made: tuple[Kept, tuple[str, ...]]) -> None:
    store, keys = founded(bytes(range(32)))
    shares = keys.shares()
    with Register.over(store, RawKey(bytes(range(32)))) as register:
        register.desk.vault.renew(RawKey(bytes(range(32))))
    with pytest.raises(WrongKey):
        Register.over(store, RecoveredKey(shares[:3]))


def test_shares_make_no_register(made: tuple[Kept, tuple[str, ...]]) -> None:
    with pytest.raises(WrongKey, match="do not make one"):
        Register.found(MemoryStore, RecoveredKey(made[1]), single_user=True, today=DAY)


def test_before_a_register_was_opened_there_is_nothing_to_share() -> None:
    with pytest.raises(WrongKey, match="No register was opened"):
        RememberedKey(RawKey(bytes(32))).shares()


def test_keys_are_neither_shown_nor_pickled_and_are_wiped(
    made: tuple[Kept, tuple[str, ...]],
) -> None:
    store, keys = founded(bytes(range(32)))
    recovered = RecoveredKey(made[1])
    for key in (keys, recovered):
        assert repr(key) in ("RememberedKey(...)", "RecoveredKey(...)")
        with pytest.raises(TypeError, match="not pickled"):
            pickle.dumps(key)
        key.wipe()
    with pytest.raises(WrongKey):
        Register.over(store, recovered)
    with pytest.raises(WrongKey):
        keys.shares()


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    _, keys = founded(bytes(range(32)))
    monkeypatch.setitem(sys.modules, "shamir_mnemonic", None)
    for attempt in (keys.shares, lambda: RecoveredKey(["a", "b", "c"])):
        with pytest.raises(MissingExtra, match=r"placement-engine\[keeper\]"):
            attempt()
