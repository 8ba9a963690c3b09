"""Recovery shares: five keepers hold one each, and any three together open the register.

What is shared is the key that wraps the register's root key, by SLIP-39: lists of English
words that can be written on paper, each with its own checksum. Two shares tell nothing at
all. When the register gets new keys, the shares open nothing any more: make new ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from placement_engine.errors import InvalidInput, MissingExtra, WrongKey
from placement_engine.register import crypto
from placement_engine.register.keys import KeyParameters, KeyProvider

NEEDED, SHARES = 3, 5


class RememberedKey:
    """A provider that remembers the key which it gave: to share it, or to open once more."""

    def __init__(self, provider: KeyProvider) -> None:
        self._provider = provider
        self._parameters: KeyParameters | None = None
        self._key = bytearray()

    def __repr__(self) -> str:
        return "RememberedKey(...)"

    def __reduce__(self) -> str:
        raise TypeError("a key is not pickled")

    def propose(self, entropy: Callable[[int], bytes]) -> KeyParameters:
        """As the provider does."""
        return self._provider.propose(entropy)

    def key(self, parameters: KeyParameters) -> bytearray:
        """The provider's key, which is asked for it once."""
        if parameters != self._parameters:
            self._key = self._provider.key(parameters)
            self._parameters = parameters
        return bytearray(self._key)

    def shares(self) -> tuple[str, ...]:
        """`SHARES` shares of the key, of which any `NEEDED` give it back; made anew each time.

        Raises
        ------
        WrongKey
            No register was opened with it.
        MissingExtra
            The library for it is not installed.
        """
        if not any(self._key):
            raise WrongKey("No register was opened with this key.", unchanged="Nothing was made.")
        try:
            from shamir_mnemonic import generate_mnemonics
        except ImportError:
            raise MissingExtra("Making recovery shares", extra="keeper") from None
        [group] = generate_mnemonics(1, [(NEEDED, SHARES)], bytes(self._key))
        return tuple(group)

    def wipe(self) -> None:
        """Overwrite the key."""
        crypto.wipe(self._key)
        self._parameters = None


class RecoveredKey:
    """The key that recovery shares give back, whatever it was made from.

    Parameters
    ----------
    shares
        At least `NEEDED` of one making, each one line of words; blank lines are passed over.

    Raises
    ------
    InvalidInput
        They are too few, mistyped, or of different makings.
    MissingExtra
        The library for it is not installed.
    """

    def __init__(self, shares: Iterable[str]) -> None:
        try:
            from shamir_mnemonic import MnemonicError, combine_mnemonics
            from shamir_mnemonic.share import Share
        except ImportError:
            raise MissingExtra("Using recovery shares", extra="keeper") from None
        lines = [" ".join(line.split()).lower() for line in shares]
        found: list[tuple[int, Share]] = []
        for number, line in enumerate(lines, start=1):
            if line:
                try:
                    found.append((number, Share.from_mnemonic(line)))
                except MnemonicError:  # its words repeat the share's
                    raise _refused(f"Share {number} is mistyped: its checksum is wrong.") from None
        if len({share.index for _, share in found}) < NEEDED:
            raise _refused(f"{NEEDED} different shares are needed.")
        if len({share.identifier for _, share in found}) > 1:
            raise _refused("The shares are not all of one making.")
        chosen = list({share.index: share.mnemonic() for _, share in found}.values())[:NEEDED]
        try:
            key = combine_mnemonics(chosen)
        except MnemonicError:
            raise _refused("The shares do not belong together.") from None
        if len(key) != crypto.KEY_SIZE:
            raise _refused("The shares are not those of a register.")
        self._key = bytearray(key)

    def __repr__(self) -> str:
        return "RecoveredKey(...)"

    def __reduce__(self) -> str:
        raise TypeError("a key is not pickled")

    def propose(self, entropy: Callable[[int], bytes]) -> KeyParameters:
        """Not for a new register: shares are of keys that are there already."""
        del entropy
        raise WrongKey(
            "Recovery shares open a register; they do not make one.",
            unchanged="Nothing was made.",
            do="Give the new register, or the new keys, a passphrase or a hardware module.",
        )

    def key(self, parameters: KeyParameters) -> bytearray:
        """The key, for parameters of any kind."""
        del parameters
        return bytearray(self._key)

    def wipe(self) -> None:
        """Overwrite the key."""
        crypto.wipe(self._key)


def _refused(why: str) -> InvalidInput:
    return InvalidInput(why, unchanged="Nothing was opened.", do="Compare them with the paper.")
