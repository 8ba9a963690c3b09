"""The key from systemd and from a hardware module, by the options of the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from tests.cli.test_commands import DAY
from tests.contract.test_key_providers import PIN, token

__all__ = ["token"]

Placement = Callable[..., Result]


@pytest.fixture
def bare(world: Path) -> None:
    """No source of the passphrase in the configuration."""
    (world / "config.toml").write_text('register = "a.register"\n')


@pytest.fixture
def credentials(world: Path) -> str:
    folder = world / "credentials"
    folder.mkdir()
    (folder / "register").write_bytes((world / "passphrase").read_bytes())
    return str(folder)


@pytest.mark.usefixtures("bare")
def test_a_passphrase_that_systemd_has_laid(placement: Placement, credentials: str) -> None:
    words = ("register", "list", *DAY, "--passphrase-credential")
    assert placement(*words, "register", CREDENTIALS_DIRECTORY=credentials).exit_code == 0
    assert placement(*words, "another", CREDENTIALS_DIRECTORY=credentials).exit_code == 13
    alone = placement(*words, "register")
    assert alone.exit_code == 13
    assert "LoadCredentialEncrypted" in alone.stderr


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize("name", ["../passphrase", "a/b", "..", "."])
def test_a_credential_is_a_name_and_no_path(
    placement: Placement, credentials: str, name: str
) -> None:
    words = ("register", "list", *DAY, "--passphrase-credential", name)
    assert placement(*words, CREDENTIALS_DIRECTORY=credentials).exit_code == 11


def test_a_credential_and_another_source_are_too_many(placement: Placement) -> None:
    two = ("--passphrase-credential", "register", "--passphrase-command", "printf x")
    assert placement("register", "list", *DAY, *two).exit_code == 2


def test_a_hardware_module_needs_all_three_names(placement: Placement) -> None:
    result = placement("register", "list", *DAY, "--pkcs11-token", "keepers")
    assert result.exit_code == 11
    assert "--pkcs11-module" in result.stderr


def test_a_register_under_a_hardware_module(placement: Placement, world: Path, token: Path) -> None:
    pin = world / "pin"
    pin.write_text(PIN + "\n")
    register = ("--register", str(world / "hsm.register"), *DAY)
    hardware = (
        *("--pkcs11-module", str(token), "--pkcs11-token", "keepers", "--pkcs11-key", "by option"),
        *("--passphrase-file", str(pin)),
    )
    made = placement("register", "init", "--single-user", *register, *hardware)
    assert made.exit_code == 0, made.stderr
    assert placement("register", "verify", *register, *hardware).exit_code == 0
    assert placement("register", "verify", *register).exit_code == 13  # the passphrase alone
    pin.write_text("wrong-pin\n")
    wrong = placement("register", "verify", *register, *hardware)
    assert wrong.exit_code == 13
    assert "wrong-pin" not in wrong.output
    assert PIN not in made.output + wrong.output
