"""A key that never leaves a hardware module, and an anchor in one, reached by PKCS#11.

The module computes, under a secret that it does not give away, the key that wraps the
register's root key: the counter-mode key derivation of NIST SP 800-108 with HMAC-SHA-256,
over the salt of the register. Who has a copy of the register and not the module has nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from placement_engine.errors import MissingExtra, RegisterUnavailable, WrongKey
from placement_engine.register import crypto
from placement_engine.register.keys import SALT_SIZE, Derivation, KeyParameters, other_kind

if TYPE_CHECKING:
    from pkcs11 import Session, SignMixin

_LABEL = b"placement_engine/register"
_BITS = 8 * crypto.KEY_SIZE


class Pkcs11Key:
    """A key derived inside of a hardware module.

    Takes the PIN over: it is overwritten with zeros as soon as a key was asked for. Call
    `wipe` if it may not come to that.

    Parameters
    ----------
    module
        The module's library.
    token, label
        Labels of the token and of the secret key in it. A new register, or a new key for
        one, makes the secret if there is none of that label.
    pin
        UTF-8 bytes.
    """

    def __init__(self, *, module: Path, token: str, label: str, pin: bytearray) -> None:
        self._module = module
        self._token = token
        self._label = label
        self._pin = pin
        self._is_new = False

    def __repr__(self) -> str:
        return "Pkcs11Key(...)"

    def __reduce__(self) -> str:
        raise TypeError("a key is not pickled")

    def propose(self, entropy: Callable[[int], bytes]) -> KeyParameters:
        """Parameters with a fresh salt."""
        self._is_new = True
        return KeyParameters(derivation=Derivation.PKCS11, salt=entropy(SALT_SIZE))

    def key(self, parameters: KeyParameters) -> bytearray:
        """Let the module derive the key, and wipe the PIN."""
        try:
            if parameters.derivation is not Derivation.PKCS11:
                raise other_kind("a hardware module")
            if not any(self._pin):
                raise WrongKey(
                    "The PIN was wiped after its first use.",
                    unchanged="Nothing was changed.",
                    do="Make a new Pkcs11Key for each time a register is opened.",
                )
            with self._session() as session:
                return _derived(self._secret(session), parameters.salt)
        finally:
            self.wipe()

    def wipe(self) -> None:
        """Overwrite the PIN; harmless if that was done already."""
        crypto.wipe(self._pin)

    @contextmanager
    def _session(self) -> Iterator[Session]:
        try:
            import pkcs11
        except ImportError:
            raise MissingExtra("A key in a hardware module", extra="hsm") from None
        from pkcs11 import exceptions

        try:
            token = pkcs11.lib(str(self._module)).get_token(token_label=self._token)
            with token.open(rw=self._is_new, user_pin=self._pin.decode()) as session:
                yield session
        except (exceptions.PinIncorrect, exceptions.PinLenRange, exceptions.PinInvalid):
            raise WrongKey(
                "The PIN is not that of the hardware module's token.",
                unchanged="Nothing was opened.",
                do="Mind that a token locks itself after a few wrong ones.",
            ) from None
        except exceptions.PinLocked:
            raise WrongKey(
                "The hardware module's token has locked itself after wrong PINs.",
                unchanged="Nothing was opened.",
                do="Have its security officer unlock it.",
            ) from None
        except exceptions.NoSuchKey:
            raise WrongKey(
                "The hardware module's token holds no secret key of that label.",
                unchanged="Nothing was opened.",
                do="Check --pkcs11-key.",
            ) from None
        # Whatever else: the words of a vendor's library are not ours to repeat.
        except (exceptions.PKCS11Error, RuntimeError, UnicodeDecodeError) as error:
            raise WrongKey(
                f"The hardware module cannot be used ({type(error).__name__}).",
                unchanged="Nothing was opened.",
                do="Check --pkcs11-module and --pkcs11-token.",
            ) from None

    def _secret(self, session: Session) -> SignMixin:
        from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass, exceptions

        try:
            found = session.get_key(
                object_class=ObjectClass.SECRET_KEY,
                key_type=KeyType.GENERIC_SECRET,
                label=self._label,
            )
        except exceptions.NoSuchKey:
            if not self._is_new:
                raise
            found = session.generate_key(
                KeyType.GENERIC_SECRET,
                _BITS,
                label=self._label,
                store=True,
                mechanism=Mechanism.GENERIC_SECRET_KEY_GEN,
                template={
                    Attribute.PRIVATE: True,
                    Attribute.SENSITIVE: True,
                    Attribute.EXTRACTABLE: False,
                    Attribute.MODIFIABLE: False,
                    Attribute.SIGN: True,
                    Attribute.VERIFY: False,
                    Attribute.ENCRYPT: False,
                    Attribute.DECRYPT: False,
                    Attribute.WRAP: False,
                    Attribute.UNWRAP: False,
                },
            )
        return cast("SignMixin", found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pkcs11Anchor:
    """An anchor in a hardware module: one data object for each register.

    The object is public, as is the head that it holds: it says nothing to whoever has no key,
    and nobody without one can make another. So no PIN is needed, and none is kept.

    Parameters
    ----------
    module, token
        The module's library, and the label of the token.
    """

    module: Path
    token: str

    def read(self, register_id: bytes) -> bytes | None:
        """As `Anchor`; raises `RegisterUnavailable` if the module cannot be reached."""
        from pkcs11 import Attribute

        with self._session(rw=False) as session:
            found = self._objects(session, register_id)
            return bytes(found[0][Attribute.VALUE]) if found else None

    def write(self, register_id: bytes, sealed: bytes) -> None:
        """As `Anchor`; raises `RegisterUnavailable` if the module refuses."""
        from pkcs11 import Attribute, ObjectClass

        with self._session(rw=True) as session:
            before = self._objects(session, register_id)
            session.create_object(
                {
                    Attribute.CLASS: ObjectClass.DATA,
                    Attribute.TOKEN: True,
                    Attribute.PRIVATE: False,
                    Attribute.LABEL: _anchor_label(register_id),
                    Attribute.VALUE: sealed,
                }
            )
            # Killed here, both stand: each is of a state that was kept, so that either serves.
            for old in before:
                old.destroy()

    def _objects(self, session: Session, register_id: bytes) -> list[Any]:
        from pkcs11 import Attribute, ObjectClass

        wanted = {
            Attribute.CLASS: ObjectClass.DATA,
            Attribute.LABEL: _anchor_label(register_id),
        }
        return list(session.get_objects(wanted))

    @contextmanager
    def _session(self, *, rw: bool) -> Iterator[Session]:
        try:
            import pkcs11
        except ImportError:
            raise MissingExtra("An anchor in a hardware module", extra="hsm") from None
        from pkcs11 import exceptions

        try:
            token = pkcs11.lib(str(self.module)).get_token(token_label=self.token)
            with token.open(rw=rw) as session:
                yield session
        # The words of a vendor's library are not ours to repeat.
        except (exceptions.PKCS11Error, RuntimeError) as error:
            raise RegisterUnavailable(
                f"The anchor in the hardware module cannot be reached ({type(error).__name__}).",
                unchanged="Nothing was changed.",
                do="Check --pkcs11-module and the token, and run: placement register verify.",
            ) from None


def _anchor_label(register_id: bytes) -> str:
    return f"placement_engine anchor {register_id.hex()}"


def _derived(secret: SignMixin, salt: bytes) -> bytearray:
    from pkcs11 import Mechanism

    block = b"\0\0\0\1" + _LABEL + b"\0" + salt + _BITS.to_bytes(4, "big")
    return bytearray(secret.sign(block, mechanism=Mechanism.SHA256_HMAC))
