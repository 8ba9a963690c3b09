"""Where the key comes from that opens a register.

A provider turns what somebody has or knows into 32 bytes. Those wrap the register's own
random root key, so that a passphrase can change without a record being rewritten.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

from placement_engine.errors import WrongKey
from placement_engine.register import crypto

SALT_SIZE = 16
MEMORY_KIB = (64 * 1024, 1024 * 1024)
ITERATIONS = (1, 8)
LANES = (1, 8)


class Derivation(IntEnum):
    """How a provider makes its key; the number stands in the register's header."""

    RAW = 0
    ARGON2ID = 1
    PKCS11 = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyParameters:
    """What the header of a register tells about the making of the key; nothing secret.

    Parameters
    ----------
    salt
        16 random bytes.
    memory_kib, iterations, lanes
        Costs of Argon2id, all 0 for any other key. The bounds are checked before anything is
        computed: a forged header must neither make a passphrase cheap to guess nor take
        the machine's memory.

    Raises
    ------
    ValueError
        Out of bounds.
    """

    derivation: Derivation
    salt: bytes
    memory_kib: int = 0
    iterations: int = 0
    lanes: int = 0

    def __post_init__(self) -> None:
        if self.derivation is not Derivation.ARGON2ID:
            good = self.memory_kib == self.iterations == self.lanes == 0
        else:
            good = (
                MEMORY_KIB[0] <= self.memory_kib <= MEMORY_KIB[1]
                and ITERATIONS[0] <= self.iterations <= ITERATIONS[1]
                and LANES[0] <= self.lanes <= LANES[1]
            )
        if not good or len(self.salt) != SALT_SIZE:
            raise ValueError("the costs of the key derivation are out of bounds")


class KeyProvider(Protocol):
    """Gives the 32-byte key that wraps a register's root key."""

    def propose(self, entropy: Callable[[int], bytes]) -> KeyParameters:
        """Parameters for a new register; `entropy` gives random bytes."""

    def key(self, parameters: KeyParameters) -> bytearray:
        """The key for these parameters; the caller wipes it.

        Raises
        ------
        WrongKey
            This provider cannot make a key of this derivation, or was used up.
        """


class PassphraseKey:
    """A key from a passphrase, by Argon2id.

    Takes the passphrase over: it is overwritten with zeros as soon as a key was asked for,
    so one object opens one register once. Call `wipe` if it may not come to that.

    Parameters
    ----------
    passphrase
        UTF-8 bytes, not empty.
    memory_kib, iterations, lanes
        Costs for a register that is made with it; opening takes those of the header. The
        defaults are above the second choice of RFC 9106 (64 MiB) and take about half a
        second on two cores.

    Examples
    --------
    >>> PassphraseKey(bytearray(b"correct horse battery staple"))
    PassphraseKey(...)
    """

    def __init__(
        self,
        passphrase: bytearray,
        *,
        memory_kib: int = 256 * 1024,
        iterations: int = 2,
        lanes: int = 4,
    ) -> None:
        if not passphrase:
            raise WrongKey(
                "The passphrase is empty.", unchanged="Nothing was changed.", do="Give one."
            )
        self._passphrase = passphrase
        self._costs = (memory_kib, iterations, lanes)

    def __repr__(self) -> str:
        return "PassphraseKey(...)"

    def __reduce__(self) -> str:
        raise TypeError("a key is not pickled")

    def propose(self, entropy: Callable[[int], bytes]) -> KeyParameters:
        """Parameters with a fresh salt."""
        memory_kib, iterations, lanes = self._costs
        return KeyParameters(
            derivation=Derivation.ARGON2ID,
            salt=entropy(SALT_SIZE),
            memory_kib=memory_kib,
            iterations=iterations,
            lanes=lanes,
        )

    def key(self, parameters: KeyParameters) -> bytearray:
        """Stretch the passphrase and wipe it."""
        try:
            if parameters.derivation is not Derivation.ARGON2ID:
                raise other_kind("a passphrase")
            if not any(self._passphrase):
                raise WrongKey(
                    "The passphrase was wiped after its first use.",
                    unchanged="Nothing was changed.",
                    do="Make a new PassphraseKey for each time a register is opened.",
                )
            return crypto.stretch(
                self._passphrase,
                salt=parameters.salt,
                memory_kib=parameters.memory_kib,
                iterations=parameters.iterations,
                lanes=parameters.lanes,
            )
        finally:
            self.wipe()

    def wipe(self) -> None:
        """Overwrite the passphrase; harmless if that was done already."""
        crypto.wipe(self._passphrase)


class RawKey:
    """32 bytes from elsewhere: a hardware token, a secret store, or a test.

    No stretching happens, so the bytes must be random, not chosen by anybody. It can be
    used again and again.

    Examples
    --------
    >>> RawKey(bytes(range(32)))
    RawKey(...)
    """

    def __init__(self, key: bytes | bytearray) -> None:
        if len(key) != crypto.KEY_SIZE:
            raise WrongKey(
                "A raw key is 32 bytes.", unchanged="Nothing was changed.", do="Give 32 bytes."
            )
        self._key = bytearray(key)

    def __repr__(self) -> str:
        return "RawKey(...)"

    def __reduce__(self) -> str:
        raise TypeError("a key is not pickled")

    def propose(self, entropy: Callable[[int], bytes]) -> KeyParameters:
        """Parameters with a fresh salt, so that two registers never share a wrapping key."""
        return KeyParameters(derivation=Derivation.RAW, salt=entropy(SALT_SIZE))

    def key(self, parameters: KeyParameters) -> bytearray:
        """The bytes, bound to the salt."""
        if parameters.derivation is not Derivation.RAW:
            raise other_kind("a raw key")
        return crypto.derive(self._key, salt=parameters.salt, label=b"raw key")

    def wipe(self) -> None:
        """Overwrite the bytes; the object opens nothing after this."""
        crypto.wipe(self._key)


def other_kind(given: str) -> WrongKey:
    """The error for a register that is not opened by what was given."""
    return WrongKey(
        f"This register is not opened by {given}.",
        unchanged="Nothing was changed.",
        do="Use the kind of key that it was made with.",
    )
