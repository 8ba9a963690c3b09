"""Faults at any place of a keeper's work: nothing secret is told, and the register opens still.

A fault tells as much as it can: its text is all that the failing call was given.
"""

from __future__ import annotations

import json
import os
import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from placement_engine.register import PassphraseKey, Register, crypto, recovery
from placement_engine.register.memory import MemoryStore
from placement_engine.register.records import Sealer
from placement_engine.register.sqlite import _Change
from placement_engine.register.vault import Vault
from tests.cli import conftest
from tests.security.telling import told_of

pytest.importorskip("pyrage", reason="the extra keeper is not installed")
pytest.importorskip("shamir_mnemonic", reason="the extra keeper is not installed")

made_world, world, placement = conftest.made_world, conftest.world, conftest.placement

OLD, NEW = conftest.PASSPHRASE, "canary-of-the-new-passphrase"
DAY = ("--as-of", "2026-11-01")
PLACES: list[tuple[Any, str]] = [
    (crypto, "encrypt"),
    (crypto, "decrypt"),
    (crypto, "derive"),
    (crypto, "stretch"),
    (crypto, "fingerprint"),
    (crypto, "committed"),
    (Sealer, "seal"),
    (Sealer, "open"),
    (Vault, "change"),
    (MemoryStore, "__init__"),
    (_Change, "put"),
    (_Change, "fetch"),
    (_Change, "delete"),
    (_Change, "set_head"),
    (_Change, "set_header"),
    (recovery.RememberedKey, "shares"),
    (json, "loads"),
    (os, "fsync"),
    (os, "open"),
]
KINDS: list[Callable[[str], BaseException]] = [
    RuntimeError,
    ValueError,
    sqlite3.OperationalError,
    OSError,
    MemoryError,
    KeyError,
    lambda _: KeyboardInterrupt(),
]
Placement = Callable[..., Result]


@pytest.fixture(autouse=True)
def _cheap_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """The least costs that a register may have."""
    costs = PassphraseKey.__init__.__kwdefaults__ or {}
    monkeypatch.setitem(costs, "memory_kib", 64 * 1024)
    monkeypatch.setitem(costs, "iterations", 1)


@contextmanager
def fault(place: tuple[Any, str], at: int, kind: Callable[[str], BaseException]) -> Iterator[None]:
    """Raise at call number `at` of a function, with all that it was given as text."""
    owner, name = place
    whole = getattr(owner, name)
    left = [at]

    def failing(*given: Any, **named: Any) -> Any:
        left[0] -= 1
        if left[0] == 0:
            raise kind(repr(given) + repr(named))
        return whole(*given, **named)

    patch = pytest.MonkeyPatch()
    patch.setattr(owner, name, failing)
    try:
        yield
    finally:
        patch.undo()


def commands(folder: Path) -> list[tuple[str, ...]]:
    import pyrage

    keys = [pyrage.x25519.Identity.generate() for _ in range(2)]
    to = [word for key in keys for word in ("--recipient", str(key.to_public()))]
    (folder / "identity").write_text(str(keys[0]))
    (folder / "new").write_text(NEW)
    made = conftest.run_in(folder)("register", "backup", str(folder / "made"), *to, *DAY)
    assert made.exit_code == 0
    conftest.forget(folder, conftest.run_in(folder), "P-4", *DAY)
    new = ("--new-passphrase-file", str(folder / "new"))
    return [
        ("register", "rotate", *new),
        ("register", "recovery", "create", str(folder / "shares")),
        ("register", "backup", str(folder / "b"), *to),
        (
            *("register", "restore", str(folder / "made"), "--register", str(folder / "c")),
            *("--age-identity", str(folder / "identity")),
        ),
        ("register", "review"),
        ("register", "erase", "C-2"),
        ("register", "erase", "--expired"),
        ("register", "verify"),
    ]


def try_faults(world: Path, placement: Placement, times: int) -> int:
    """Run commands with one fault each; gives how many failed."""
    chance = random.Random(times)
    words = commands(world)
    clean = (world / "a.register").read_bytes()
    secrets = [OLD, NEW, "2403", "1082", "P-2", "P-3", "AGE-SECRET-KEY"]
    failed = 0
    for turn in range(times):
        (world / "a.register").write_bytes(clean)
        for name in ("b", "c", "shares"):
            if (world / name).is_dir():
                for share in (world / name).iterdir():
                    share.unlink()
                (world / name).rmdir()
            (world / name).unlink(missing_ok=True)
        # Early calls fail more often than late ones, which may never come.
        at = min(int(1 / max(chance.random(), 1e-3)), 60)
        with fault(chance.choice(PLACES), at, chance.choice(KINDS)):
            result = placement(*words[turn % len(words)], *DAY, "--json" if turn % 2 else "--plain")
        failed += result.exit_code != 0
        assert told_of(result.output, secrets) == [], result.output
        assert "Traceback" not in result.output
        assert opens(world / "a.register", OLD) or opens(world / "a.register", NEW)
    return failed


def opens(path: Path, passphrase: str) -> bool:
    from placement_engine.errors import WrongKey

    try:
        with Register.open(path, PassphraseKey(bytearray(passphrase.encode()))) as register:
            register.verify()
    except WrongKey:
        return False
    return True


def test_8_faults_tell_nothing_and_lose_nothing(world: Path, placement: Placement) -> None:
    assert try_faults(world, placement, 8) >= 2


@pytest.mark.prove
def test_500_faults_tell_nothing_and_lose_nothing(world: Path, placement: Placement) -> None:
    assert try_faults(world, placement, 500) >= 150
