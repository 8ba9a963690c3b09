"""Where settings come from, which one wins, and that none of them is a secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from placement_engine.commands.settings import read_settings
from placement_engine.errors import InvalidConfiguration


def environment(tmp_path: Path, config: str, **variables: str) -> dict[str, str]:
    path = tmp_path / "config.toml"
    path.write_text(config, encoding="utf-8")
    return {"PLACEMENT_CONFIG": str(path), **variables}


def test_an_option_beats_the_environment_which_beats_the_configuration(tmp_path: Path) -> None:
    told = environment(tmp_path, 'register = "c.register"\nlang = "en"', PLACEMENT_REGISTER="e")
    by_option = read_settings({"register": "o"}, told)["register"]
    by_variable = read_settings({}, told)["register"]
    by_config = read_settings({}, {"PLACEMENT_CONFIG": told["PLACEMENT_CONFIG"]})
    assert (by_option.value, by_option.origin) == ("o", "option")
    assert (by_variable.value, by_variable.origin) == ("e", "environment PLACEMENT_REGISTER")
    assert by_config["register"].value == str(tmp_path / "c.register")
    assert by_config["register"].origin.startswith("configuration ")
    assert by_config["lang"].value == "en"


def test_nothing_set_is_told_as_default(tmp_path: Path) -> None:
    settings = read_settings({}, {"PLACEMENT_CONFIG": str(tmp_path / "absent.toml")})
    assert settings["register"].value is None
    assert settings["lang"].value == "sv"
    assert settings["lang"].origin == "default"


@pytest.mark.parametrize(
    "config",
    [
        'passphrase = "canary-secret"',
        'registre = "canary-secret"',
        "register = 7",
        "register = [canary-secret",
        "[register]\npath = 'canary-secret'",
    ],
)
def test_a_wrong_configuration_is_refused_without_repeating_it(tmp_path: Path, config: str) -> None:
    with pytest.raises(InvalidConfiguration) as caught:
        read_settings({}, environment(tmp_path, config))
    assert "canary-secret" not in str(caught.value)
    assert caught.value.exit_code == 11


def test_credentials_and_commands_are_never_shown(tmp_path: Path) -> None:
    config = (
        'register = "postgresql://user:canary-secret@host/base"\n'
        'passphrase_command = "echo canary-secret"'
    )
    settings = read_settings({}, environment(tmp_path, config))
    assert "canary-secret" not in "".join(setting.shown or "" for setting in settings.values())
    assert settings["passphrase_command"].shown == "(set)"
