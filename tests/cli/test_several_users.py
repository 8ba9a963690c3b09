"""A register for several, from the command line: keys, users, requests, log, messages."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
from typer.testing import Result

from placement_engine.commands.session import read_identity
from placement_engine.register import (
    Actor,
    DocumentKind,
    PassphraseKey,
    Register,
    Role,
    Session,
    User,
    offices,
)
from placement_engine.register.audit import Proof
from placement_engine.register.checkpoint import read_checkpoint
from placement_engine.report.documents import schema_of
from tests.cli.conftest import PASSPHRASE, case, run_in, write_world

Placement = Callable[..., Result]
DAY = ("--as-of", "2026-11-01")
PEOPLE = {
    "Keeper": ("keeper",),
    "Analyst": ("analyst",),
    "Placer": ("placer",),
    "Auditor": ("auditor",),
    "Approver": ("approver",),
}


def document(result: Result, name: str) -> dict[str, Any]:
    assert result.exit_code == 0, result.stderr
    made: dict[str, Any] = json.loads(result.stdout)
    jsonschema.validate(made, schema_of(name), cls=jsonschema.Draft202012Validator)
    return made


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A register for several, its users, and one case that two people have opened."""
    folder = tmp_path_factory.mktemp("office")
    write_world(folder)
    (folder / "witness").mkdir()
    (folder / "own-phrase").write_text("a phrase of my own\n")
    lines = {
        "register": "a.register",
        "passphrase_file": "passphrase",
        "identity_passphrase_file": "own-phrase",
        "anchor": "the.anchor",
        "witness": str(folder / "witness"),
    }
    text = "".join(f'{name} = "{value}"\n' for name, value in lines.items())
    (folder / "config.toml").write_text(text, encoding="utf-8")
    run = run_in(folder)
    public = {}
    for name in PEOPLE:
        made = run("register", "user", "identity", str(folder / f"{name}.pem"), "--json")
        public[name] = document(made, "identity")["public"]
    keeper = act(folder, "Keeper")
    found_cheaply(folder, bytes.fromhex(public["Keeper"]))
    assert keeper("register", "anchor", "--reset").exit_code == 0
    for name, roles in PEOPLE.items():
        if name != "Keeper":
            words = [word for role in roles for word in ("--grant", role)]
            done = keeper("register", "user", "add", name, *words, stdin=public[name])
            assert done.exit_code == 0, done.stderr
    analyst = act(folder, "Analyst")
    assert analyst("network", "import", str(folder / "network")).exit_code == 0
    cases = json.dumps(case("C-1", "P-1"))
    assert analyst("case", "add", "-", stdin=cases).exit_code == 15
    assert act(folder, "Approver")("approve", waiting(folder)[0]).exit_code == 0
    assert analyst("case", "add", "-", stdin=cases).exit_code == 0
    return folder


def found_cheaply(folder: Path, public: bytes) -> None:
    """With the least costs that a register may have: it is opened some forty times here."""
    keys = PassphraseKey(bytearray(PASSPHRASE.encode()), memory_kib=64 * 1024, iterations=1)
    own = bytearray((folder / "own-phrase").read_bytes().strip())
    session = Session(
        actor=Actor(who="Keeper"),
        clock=lambda: datetime.now(UTC),
        signer=read_identity(folder / "Keeper.pem", own),
    )
    with Register.create(
        folder / "a.register", keys, single_user=False, today=date(2026, 11, 1), session=session
    ) as register:
        keeper = User(name="Keeper", roles=frozenset({Role.KEEPER}), public=public)
        offices.add_user(register.desk, keeper)


def test_whoever_makes_a_register_is_its_first_keeper(office: Path, tmp_path: Path) -> None:
    own = ("--register", str(tmp_path / "b.register"), "--anchor", str(tmp_path / "b.anchor"))
    refused = run_in(office)("register", "init", *own)
    assert refused.exit_code == 15
    assert not (tmp_path / "b.register").exists()
    keeper = act(office, "Keeper")
    made = document(keeper("register", "init", *own, "--json"), "register")
    assert made["single_user"] is False
    assert made["notices"] == []
    told = document(keeper("register", "user", "list", *own, "--json"), "users")
    assert [(row["name"], row["roles"]) for row in told["users"]] == [("Keeper", ["keeper"])]


def act(folder: Path, who: str) -> Placement:
    run = run_in(folder)

    def placement(*words: str, stdin: str | None = None) -> Result:
        own = ("--identity", str(folder / f"{who}.pem"))
        return run(*words, *own, *DAY, stdin=stdin, PLACEMENT_USER=who)

    return placement


def waiting(folder: Path) -> list[str]:
    told = document(act(folder, "Approver")("approve", "--json"), "requests")
    return [row["id"] for row in told["requests"]]


def test_two_people_place_somebody(office: Path) -> None:
    placer, approver = act(office, "Placer"), act(office, "Approver")
    assert document(placer("propose", "C-1", "--json"), "proposal")["status"] == "proposed"
    refused = placer("accept", "C-1", "--choice", "1")
    assert refused.exit_code == 15
    assert "PE-1510" in refused.stderr
    [request] = waiting(office)
    assert request in refused.stderr
    assert placer("approve", request).exit_code == 15
    assert document(approver("approve", request, "--json"), "requests")["requests"][0]["approver"]
    assert waiting(office) == []
    done = placer("accept", "C-1", "--choice", "1")
    assert done.exit_code == 0, done.stderr
    assert placer("accept", "C-1", "--choice", "1").exit_code != 0


def test_the_log_tells_it_all_and_proves_it(office: Path) -> None:
    auditor = act(office, "Auditor")
    assert act(office, "Placer")("register", "audit", "show").exit_code == 15
    log = document(auditor("register", "audit", "show", "--json"), "audit_log")["entries"]
    assert [row["number"] for row in log] == list(range(1, len(log) + 1))
    assert log[-1]["act"] == "log_read"
    assert log[-1]["who"] == "Auditor"
    assert {"case"} <= {key for row in log for key in row}
    own = document(
        auditor("register", "audit", "show", "--case", "C-1", "--last", "2", "--json"), "audit_log"
    )
    assert [row["case"] for row in own["entries"]] == ["C-1", "C-1"]
    whole = document(auditor("register", "audit", "verify", "--json"), "audit")
    assert (whole["intact"], whole["witnesses"]) == (True, 1)
    made = document(auditor("register", "audit", "prove", "3", "--json"), "audit_proof")
    origin, _, key = made["verifier"].split("+", 2)
    checkpoint = read_checkpoint(
        made["checkpoint"].encode(), name=origin, public=base64.b64decode(key)[1:]
    )
    proof = Proof(
        leaf=base64.b64decode(made["leaf"]),
        index=made["index"],
        size=made["size"],
        root=checkpoint.root,
        path=tuple(map(base64.b64decode, made["path"])),
    )
    assert proof.holds()
    assert json.loads(proof.leaf)["who"] == log[2]["who"]
    assert auditor("register", "audit", "prove", "100000").exit_code == 10
    told = auditor("register", "audit", "show", "--last", "1")
    assert "läsning av loggen" in told.stdout


def test_users_are_listed_and_lose_their_roles(office: Path) -> None:
    keeper = act(office, "Keeper")
    told = document(keeper("register", "user", "list", "--json"), "users")
    assert {row["name"]: tuple(row["roles"]) for row in told["users"]} == PEOPLE
    assert keeper("register", "user", "remove", "Nobody").exit_code == 10
    assert keeper("register", "user", "remove", "Placer").exit_code == 15
    assert keeper("register", "user", "add", "X", "--grant", "king", stdin="00").exit_code == 2
    assert keeper("register", "user", "add", "X", stdin="00").exit_code == 2
    bad = keeper("register", "user", "add", "X", "--grant", "keeper", stdin="zz")
    assert bad.exit_code == 10


def test_who_has_no_key_or_a_wrong_phrase_is_stopped(office: Path, tmp_path: Path) -> None:
    run = run_in(office)
    assert run("register", "list", PLACEMENT_USER="Placer").exit_code == 15
    (tmp_path / "phrase").write_text("another\n")
    wrong = ("--identity-passphrase-file", str(tmp_path / "phrase"))
    key = ("--identity", str(office / "Placer.pem"))
    refused = run("register", "list", *key, *wrong, PLACEMENT_USER="Placer")
    assert refused.exit_code == 13
    missing = run("register", "list", "--identity", str(tmp_path / "no.pem"))
    assert missing.exit_code == 13
    again = run("register", "user", "identity", str(office / "Placer.pem"))
    assert again.exit_code == 12
    role = run("register", "list", *key, "--role", "keeper", PLACEMENT_USER="Placer")
    assert role.exit_code == 15


def test_an_older_copy_is_refused_until_two_accept_it(office: Path, tmp_path: Path) -> None:
    register = office / "a.register"
    older = register.read_bytes()
    assert act(office, "Placer")("register", "list").exit_code == 0
    newer = register.read_bytes()
    register.write_bytes(older)
    refused = act(office, "Placer")("register", "list")
    assert refused.exit_code == 14
    assert "register anchor --reset" in refused.stderr
    register.write_bytes(newer)
    keeper = act(office, "Keeper")
    assert keeper("register", "anchor").exit_code == 2
    assert act(office, "Placer")("register", "anchor", "--reset").exit_code == 15
    (office / "the.anchor").unlink()
    assert keeper("register", "list").exit_code == 14
    asked = keeper("register", "anchor", "--reset")
    assert asked.exit_code == 15
    request = re.search(r"placement approve ([\w-]+)", asked.stderr)
    assert request is not None
    approver = act(office, "Approver")
    assert approver("approve", request[1]).exit_code == 14
    assert approver("approve", request[1], "--anchor-refused").exit_code == 0
    assert document(keeper("register", "anchor", "--reset", "--json"), "anchor")["epoch"] > 1
    assert act(office, "Placer")("register", "list").exit_code == 0


def test_owners_write_to_each_other(world: Path, placement: Placement) -> None:
    keys = PassphraseKey(bytearray(PASSPHRASE.encode()))
    with Register.open(world / "a.register", keys) as register:
        register.put_entries(DocumentKind.ALERT, {"A-1": b"alert"})
    sent = placement("alerts", "message", "A-1", "--json", stdin="Ring mig.\n", PLACEMENT_USER="U1")
    assert document(sent, "messages")["messages"][0]["text"] == "Ring mig."
    other = placement("alerts", "messages", "A-1", PLACEMENT_USER="U2")
    assert "den andra" in other.stdout
    assert "U1" not in other.stdout
    assert placement("alerts", "message", "A-1", stdin=" \n").exit_code == 10
    assert placement("alerts", "message", "A-2", stdin="Hej").exit_code == 10
    assert placement("alerts", "messages", "A-2").exit_code == 10
