"""No command takes a secret, a place of anybody placed or a reason on its command line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from typer.main import get_command

from cli import app

ALLOWED = {
    "--passphrase-file",
    "--passphrase-fd",
    "--passphrase-command",
    "--passphrase-credential",  # the name under which systemd lays it
    "--identity-passphrase-file",
    "--pkcs11-key",  # its label in a hardware module
    "--new-passphrase-file",
    "--new-passphrase-fd",
    "--new-passphrase-command",
    "--new-pkcs11-key",
}
SECRET = ("passphrase", "password", "key", "municipality", "place", "address", "reason", "why")


def parameters(command: Any, path: str = "placement") -> Iterator[tuple[str, str]]:
    for parameter in command.params:
        names = [*parameter.opts, str(parameter.metavar or ""), str(parameter.name)]
        yield from ((path, name) for name in names)
    for name, sub in getattr(command, "commands", {}).items():
        yield from parameters(sub, f"{path} {name}")


def test_no_option_or_argument_takes_a_secret() -> None:
    found = list(parameters(get_command(app)))
    assert ("placement accept", "--choice") in found
    assert {name for _, name in found} >= ALLOWED
    named = {f"--{name.replace('_', '-')}" if "_" in name else name for _, name in found}
    for name in sorted(named - ALLOWED):
        words = name.lower().strip("-").split("-")
        assert not set(words) & set(SECRET), name
