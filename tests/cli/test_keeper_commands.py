"""New keys, shares, backups, the yearly list and erasure by the real commands."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from placement_engine.register import PassphraseKey
from placement_engine.testing.postgresql_server import PostgresqlServer
from tests.cli.conftest import forget
from tests.cli.test_commands import DAY, document
from tests.contract.conftest import server
from tests.security.telling import told_of

__all__ = ["server"]

Placement = Callable[..., Result]
NEW = "an altogether new passphrase"
CANARIES = (NEW, "correct horse battery staple", "2403", "1082", "P-2", "P-3")


def told(result: Result, code: int = 0) -> Result:
    """The result, which has this exit code and tells no secret."""
    assert result.exit_code == code, result.output
    assert told_of(result.output, CANARIES) == []
    return result


@pytest.fixture(autouse=True)
def _cheap_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """The least costs that a register may have: keys are made a dozen times here."""
    costs = PassphraseKey.__init__.__kwdefaults__ or {}
    monkeypatch.setitem(costs, "memory_kib", 64 * 1024)
    monkeypatch.setitem(costs, "iterations", 1)


@pytest.fixture
def new(world: Path) -> str:
    path = world / "new-passphrase"
    path.write_text(NEW + "\n")
    path.chmod(0o600)
    return str(path)


def test_rotate_takes_the_new_passphrase_alone(placement: Placement, new: str) -> None:
    result = told(placement("register", "rotate", "--new-passphrase-file", new, *DAY))
    assert "nya nycklar" in result.stdout
    told(placement("register", "list", *DAY), 13)
    listed = told(placement("register", "list", *DAY, "--passphrase-file", new))
    assert "C-1" in listed.stdout


def test_rotate_is_one_document_and_needs_a_new_key(placement: Placement, new: str) -> None:
    assert told(placement("register", "rotate", *DAY), 13).stdout == ""
    two = ("--new-passphrase-file", new, "--new-passphrase-command", "printf x")
    told(placement("register", "rotate", *two, *DAY), 2)
    made = placement("register", "rotate", "--new-passphrase-file", new, *DAY, "--json")
    assert document(told(made), "rotation")["records"] > 5


def test_three_shares_open_the_register_and_give_it_new_keys(
    placement: Placement, world: Path, new: str
) -> None:
    pytest.importorskip("shamir_mnemonic", reason="the extra keeper is not installed")
    folder = world / "shares"
    made = document(
        told(placement("register", "recovery", "create", str(folder), *DAY, "--json")), "shares"
    )
    assert made["needed"] == 3
    shares = [Path(path).read_text() for path in made["files"]]
    assert len(shares) == 5
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(Path(path).stat().st_mode) for path in made["files"]} == {0o600}
    told(placement("register", "recovery", "create", str(folder), *DAY), 12)
    words = ("register", "recovery", "restore", "-", "--new-passphrase-file", new, *DAY)
    told(placement(*words, stdin="".join(shares[:2])), 10)
    result = told(placement(*words, stdin="".join(shares[1:4])))
    assert not set(shares[1].split()) & set(result.output.split())
    told(placement("register", "verify", *DAY, "--passphrase-file", new))
    told(placement(*words, stdin="".join(shares[1:4])), 13)  # the shares are of earlier keys


def age_keys(world: Path) -> tuple[list[str], Path]:
    pyrage = pytest.importorskip("pyrage", reason="the extra keeper is not installed")
    keys = [pyrage.x25519.Identity.generate() for _ in range(2)]
    identity = world / "identity"
    identity.write_text(f"# created: today\n{keys[1]}\n")
    recipients = [word for key in keys for word in ("--recipient", str(key.to_public()))]
    return recipients, identity


def test_a_backup_becomes_a_register_again(placement: Placement, world: Path) -> None:
    recipients, identity = age_keys(world)
    file = str(world / "a.backup")
    told(placement("register", "backup", file, *recipients[:2], *DAY), 10)
    made = document(
        told(placement("register", "backup", file, *recipients, *DAY, "--json")), "backup"
    )
    assert made["recipients"] == 2
    told(placement("register", "backup", file, *recipients, *DAY), 12)
    words = ("register", "restore", file, "--age-identity", str(identity), *DAY)
    told(placement(*words), 12)  # there is the register itself
    target = ("--register", str(world / "b.register"))
    restored = document(told(placement(*words, *target, "--json")), "restore")
    assert restored["records"] == made["records"]
    assert restored["behind"] is None
    told(placement("register", "verify", *target, *DAY))


def test_a_backup_behind_the_anchor_is_restored_and_waits_for_a_keeper(
    placement: Placement, world: Path
) -> None:
    recipients, identity = age_keys(world)
    anchor = ("--anchor", str(world / "an.anchor"))
    told(placement("register", "anchor", "--reset", *anchor, *DAY))
    file = str(world / "a.backup")
    told(placement("register", "backup", file, *recipients, *anchor, *DAY))
    told(placement("register", "list", *anchor, *DAY))
    target = ("--register", str(world / "b.register"), *anchor)
    words = ("register", "restore", file, "--age-identity", str(identity), *DAY)
    result = told(placement(*words, *target))
    assert "anchor --reset" in result.stdout
    told(placement("register", "list", *target, *DAY), 14)
    told(placement("register", "anchor", "--reset", *target, *DAY))
    told(placement("register", "list", *target, *DAY))


def test_the_yearly_list_and_what_is_erased(placement: Placement, world: Path) -> None:
    later = ("--as-of", "2034-01-01", "--json")
    listed = document(told(placement("register", "review", *later)), "review")
    assert {row["case"] for row in listed["cases"]} == {"C-1", "C-2", "C-3"}
    told(placement("register", "erase", *later), 2)
    told(placement("register", "erase", "C-1", "--expired", *later), 2)
    told(placement("register", "erase", "C-9", *later), 10)
    told(placement("register", "erase", "C-2", *later), 10)  # intelligence still names them
    forget(world, placement, "P-4", *DAY)
    erased = document(told(placement("register", "erase", "C-2", *later)), "erasure")
    assert erased["cases"] == ["C-2"]
    assert erased["records"] >= 1
    assert len(erased["digest"]) == 64
    rest = document(told(placement("register", "erase", "--expired", *later)), "erasure")
    assert rest["cases"] == []
    for language in ("sv", "en"):
        words = ("--as-of", "2034-01-01", "--lang", language)
        assert "C-3" in told(placement("register", "review", *words)).stdout
        told(placement("register", "erase", "--expired", *words))
    cases = document(placement("register", "list", *later), "cases")["cases"]
    assert [row["id"] for row in cases] == ["C-1", "C-3"]


def test_the_log_tells_of_all_of_it(placement: Placement, world: Path, new: str) -> None:
    recipients, _ = age_keys(world)
    told(placement("register", "backup", str(world / "b"), *recipients, *DAY))
    forget(world, placement, "P-4", *DAY)
    told(placement("register", "erase", "C-2", *DAY))
    told(placement("register", "rotate", "--new-passphrase-file", new, *DAY))
    shown = placement("register", "audit", "show", *DAY, "--json", "--passphrase-file", new)
    calls: list[dict[str, Any]] = json.loads(shown.stdout)["entries"]
    assert {"backup", "erase", "rotate"} <= {entry["call"] for entry in calls}
    told(placement("register", "audit", "verify", *DAY, "--passphrase-file", new))


def test_a_register_on_a_server_from_init_to_rotate(
    placement: Placement, world: Path, new: str, server: PostgresqlServer
) -> None:
    address = ("--register", server.new_database("commands"), *DAY)
    told(placement("register", "init", "--single-user", *address))
    told(placement("register", "init", "--single-user", *address), 12)
    told(placement("case", "add", str(world / "cases.jsonl"), *address))
    told(placement("register", "rotate", "--new-passphrase-file", new, *address))
    listed = told(placement("register", "list", "--passphrase-file", new, *address))
    assert "C-1" in listed.stdout
    log = server.log.read_text(errors="replace")
    assert told_of(log, CANARIES[:2]) == []
