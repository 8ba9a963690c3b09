"""The register that a run names, and the key that opens it: nowhere else are the two joined."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from placement_engine.commands.passphrase import SOURCES, read_passphrase
from placement_engine.commands.session import IN_HARDWARE
from placement_engine.commands.settings import Setting
from placement_engine.errors import InvalidConfiguration
from placement_engine.vocabulary import Language

if TYPE_CHECKING:
    from placement_engine.register import (
        KeyProvider,
        PassphraseKey,
        Register,
        RegisterStore,
        Session,
    )
    from placement_engine.register.keys import KeyParameters
    from placement_engine.register.pkcs11 import Pkcs11Key

    Keys = PassphraseKey | Pkcs11Key

TOKEN_SETTINGS = ("pkcs11_module", "pkcs11_token", "pkcs11_key")


class Asked(Protocol):
    """What a run says of the register and its key; `Run` is one."""

    @property
    def settings(self) -> Mapping[str, Setting]:
        """Effective settings by name."""

    @property
    def language(self) -> Language:
        """Language of questions."""

    @property
    def passphrase_fd(self) -> int | None:
        """Open file descriptor to read the passphrase from."""


class AskedOf(Asked, Protocol):
    """What a run says of a register that is there, and of who acts."""

    @property
    def options(self) -> Mapping[str, Any]:
        """Options as they were given."""

    @property
    def register_location(self) -> str:
        """Path or address of the register that is named."""


@contextmanager
def keys_of(asked: Asked, *, new: bool = False) -> Iterator[Keys]:
    """The key that opens the register, wiped at the end; core dumps are forbidden first.

    With a hardware module the passphrase is its PIN.
    """
    from placement_engine.register import PassphraseKey
    from placement_engine.register.hardening import forbid_core_dumps

    forbid_core_dumps()
    token = [asked.settings[name].value for name in TOKEN_SETTINGS]
    # The module alone may be there for an anchor; a new key has none.
    kept = asked.settings.get("anchor")
    anchor = "" if kept is None else kept.value or ""
    for_anchor = not any(token[1:]) and anchor.startswith(IN_HARDWARE)
    if any(token) and not all(token) and not for_anchor:
        raise InvalidConfiguration(
            "A key in a hardware module is named by module, token and key; one is missing.",
            do="Give --pkcs11-module, --pkcs11-token and --pkcs11-key.",
        )
    secret = read_passphrase(
        asked.settings,
        asked.passphrase_fd,
        language=asked.language,
        new=new and not all(token),
        credentials=os.environ.get("CREDENTIALS_DIRECTORY"),
    )
    keys: Keys
    module, label, key = token
    if module and label and key:
        from placement_engine.register.pkcs11 import Pkcs11Key

        keys = Pkcs11Key(module=Path(module), token=label, label=key, pin=secret)
    else:
        keys = PassphraseKey(secret)
    try:
        yield keys
    finally:
        keys.wipe()


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKeys:
    """Where the new key of a register comes from, by options alone."""

    settings: Mapping[str, Setting]
    language: Language
    passphrase_fd: int | None

    @classmethod
    def given(cls, options: Mapping[str, Any], *, language: Language) -> NewKeys:
        """From options whose names begin with ``new_``."""
        names = (*SOURCES, *TOKEN_SETTINGS)
        settings = {
            name: Setting(name=name, value=options.get(f"new_{name}"), origin="option")
            for name in names
        }
        # What was not given is no source, whatever its origin is called.
        settings = {
            name: setting if setting.value else replace(setting, origin="default")
            for name, setting in settings.items()
        }
        return cls(
            settings=settings, language=language, passphrase_fd=options.get("new_passphrase_fd")
        )


class KeyAhead:
    """The key of a register, made in a thread of its own while the program gets ready.

    The derivation spends its time outside of Python, so that both go on at once. It is a
    `KeyProvider` for one opening.

    Parameters
    ----------
    keys
        Makes the key; its errors are raised where the key is asked for.
    parameters
        Of the header of the register that will be opened.
    """

    def __init__(self, keys: KeyProvider, parameters: KeyParameters) -> None:
        self._keys = keys
        self._parameters = parameters
        self._made: bytearray | None = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._make, daemon=True)
        self._thread.start()

    def __repr__(self) -> str:
        return "KeyAhead(...)"

    def _make(self) -> None:
        try:
            self._made = self._keys.key(self._parameters)
        except BaseException as error:
            self._error = error

    def propose(self, entropy: Callable[[int], bytes]) -> KeyParameters:
        """As the provider that it stands for."""
        return self._keys.propose(entropy)

    def key(self, parameters: KeyParameters) -> bytearray:
        """The key, once; the caller wipes it."""
        self._thread.join()
        made, error = self._made, self._error
        self._made = self._error = None
        if error is not None:
            raise error
        if made is None or parameters != self._parameters:
            return self._keys.key(parameters)
        return made

    def wipe(self) -> None:
        """Overwrite a key that nobody asked for; waits until the thread has ended."""
        self._thread.join()
        made, self._made = self._made, None
        if made is not None:
            made[:] = bytes(len(made))


def open_meanwhile(
    store: RegisterStore,
    keys: KeyProvider,
    session: Session,
    meanwhile: Callable[[], None],
    *,
    placements: bool = False,
) -> Register:
    """Open the register of a store, and do `meanwhile` while its key is stretched.

    Only what is stretched takes time; a hardware module is asked in the thread that it knows.
    `placements` tells that they will be asked for.
    """
    from placement_engine.register.header import Header
    from placement_engine.register.keys import Derivation

    try:
        parameters = Header.parse(store.header()).parameters
        if parameters.derivation is not Derivation.ARGON2ID:
            meanwhile()
            return _over(store, keys, session, placements)
        ahead = KeyAhead(keys, parameters)
        try:
            meanwhile()
            return _over(store, ahead, session, placements)
        finally:
            ahead.wipe()
    except BaseException:
        store.close()
        raise


def _over(store: RegisterStore, keys: KeyProvider, session: Session, placements: bool) -> Register:
    from placement_engine.register import Register  # only now: it takes time, and the key too

    return Register.over(store, keys, session=session, ahead=placements)


@contextmanager
def open_with(run: AskedOf, keys: KeyProvider) -> Iterator[Register]:
    """The register that a run names, opened with a key from elsewhere, then closed."""
    from placement_engine.commands.session import open_session
    from placement_engine.register import Register
    from placement_engine.register.location import open_store

    location = run.register_location
    session = open_session(run.settings, run.options, language=run.language)
    with Register.over(open_store(location), keys, session=session) as register:
        yield register
