"""Effective settings and where each came from: option, environment, configuration, default.

A passphrase is never a setting: the configuration may name a file or a command that
gives it, and `placement config show` tells only that a command is set.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from placement_engine.errors import InvalidConfiguration

CONFIG_VARIABLE: Final = "PLACEMENT_CONFIG"
VARIABLES: Final[Mapping[str, str | None]] = {
    "register": "PLACEMENT_REGISTER",
    "passphrase_file": None,
    "passphrase_command": None,
    "passphrase_credential": None,
    "pkcs11_module": None,
    "pkcs11_token": None,
    "pkcs11_key": None,
    "policy": "PLACEMENT_POLICY",
    "lang": "PLACEMENT_LANG",
    "decided_by": "PLACEMENT_USER",
    "role": None,
    "purpose": None,
    "identity": None,
    "identity_passphrase_file": None,
    "anchor": None,
    "witness": None,
    "cache_dir": "PLACEMENT_CACHE_DIR",
}
"""Each setting and the environment variable that may give it."""
PATHS: Final = frozenset(
    {
        "register",
        "passphrase_file",
        "pkcs11_module",
        "identity",
        "identity_passphrase_file",
        "anchor",
        "policy",
        "cache_dir",
    }
)
HIDDEN: Final = frozenset({"passphrase_command"})
"""Settings that could hold a secret by mistake: shown as set, never as they stand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One effective setting; `value` is None where nothing is set."""

    name: str
    value: str | None
    origin: str

    @property
    def shown(self) -> str | None:
        """The value as it may be shown."""
        if self.value is None:
            return None
        if self.name in HIDDEN:
            return "(set)"
        return without_credentials(self.value)


def without_credentials(value: str) -> str:
    """`value` with whatever stands between ``://`` and ``@`` left out.

    Examples
    --------
    >>> without_credentials("postgresql://u:p@host/db")
    'postgresql://…@host/db'
    """
    scheme, mark, rest = value.partition("://")
    if not mark or "@" not in rest:
        return value
    return f"{scheme}://…@{rest.rpartition('@')[2]}"


def config_path(environment: Mapping[str, str]) -> Path:
    """Where the configuration is read from."""
    named = environment.get(CONFIG_VARIABLE)
    if named:
        return Path(named)
    from platformdirs import user_config_path

    return user_config_path("placement_engine", appauthor=False) / "config.toml"


def read_settings(
    options: Mapping[str, str | None], environment: Mapping[str, str]
) -> dict[str, Setting]:
    """Every setting by name: an option beats the environment, which beats the configuration.

    Raises
    ------
    InvalidConfiguration
        If the configuration is not TOML, names an unknown setting or holds a passphrase.
    """
    path = config_path(environment)
    configured = _read_config(path)
    settings = {}
    for name, variable in VARIABLES.items():
        value: str | None
        option = options.get(name)
        told = environment.get(variable) if variable else None
        if option is not None:
            value, origin = option, "option"
        elif told:
            value, origin = told, f"environment {variable}"
        elif name in configured:
            value, origin = configured[name], f"configuration {path}"
        elif name == "decided_by":
            value, origin = _login_name(), "operating system"
        else:
            value, origin = _default(name), "default"
        settings[name] = Setting(name=name, value=value, origin=origin)
    return settings


def _default(name: str) -> str | None:
    if name == "lang":
        return "sv"
    if name == "cache_dir":
        from platformdirs import user_cache_path

        return str(user_cache_path("placement_engine", appauthor=False))
    return None


def _login_name() -> str | None:
    """The name that the operating system knows the user by, not one from the environment."""
    try:
        import pwd
    except ImportError:  # not a POSIX system
        return None
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return None


def _read_config(path: Path) -> dict[str, str]:
    import tomllib

    try:
        tree = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidConfiguration(
            f"The configuration {path} cannot be read ({type(error).__name__}).",
            do="Check that it is a TOML file that you may read.",
        ) from None
    configured = {}
    for name, value in tree.items():
        if name == "passphrase":
            raise InvalidConfiguration(
                f"The configuration {path} holds a passphrase.",
                do="Take it out and give passphrase_file or passphrase_command instead.",
            )
        if name not in VARIABLES or not isinstance(value, str):
            known = ", ".join(VARIABLES)
            raise InvalidConfiguration(
                f"The configuration {path} holds a setting that is not known or not text.",
                do=f"Known settings are {known}, each a text in quotes.",
            )
        at = path.parent / Path(value).expanduser()
        is_path = name in PATHS and "://" not in value
        configured[name] = str(at) if is_path else value
    return configured
