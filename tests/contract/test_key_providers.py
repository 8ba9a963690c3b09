"""Every provider of a key behaves alike, the hardware module's code path included."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from placement_engine.commands.session import anchor_of
from placement_engine.commands.settings import Setting
from placement_engine.errors import (
    IntegrityBroken,
    InvalidConfiguration,
    RegisterUnavailable,
    WrongKey,
)
from placement_engine.register import (
    Actor,
    FileAnchor,
    KeyProvider,
    MemoryStore,
    PassphraseKey,
    RawKey,
    Register,
    Session,
)
from placement_engine.register.keys import Derivation
from placement_engine.register.pkcs11 import Pkcs11Anchor, Pkcs11Key

DAY = date(2026, 11, 23)
PIN = "4711-pin"
LIBRARIES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/softhsm/libsofthsm.so")
Maker = Callable[[str], KeyProvider]


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The library of SoftHSM2, with a token of its own for these tests."""
    pytest.importorskip("pkcs11", reason="the extra hsm is not installed")
    library = next((Path(name) for name in LIBRARIES if Path(name).exists()), None)
    tool = shutil.which("softhsm2-util")
    if library is None or tool is None:
        pytest.skip("SoftHSM2 is not installed")
    folder = tmp_path_factory.mktemp("softhsm")
    (folder / "tokens").mkdir()
    config = folder / "softhsm2.conf"
    config.write_text(f"directories.tokendir = {folder / 'tokens'}\nlog.level = ERROR\n")
    patch = pytest.MonkeyPatch()
    patch.setenv("SOFTHSM2_CONF", str(config))
    words = ["--init-token", "--free", "--label", "keepers", "--so-pin", "so-pin", "--pin", PIN]
    subprocess.run([tool, *words], check=True, capture_output=True)
    yield library
    patch.undo()


def hardware(library: Path, label: str, pin: str = PIN, token: str = "keepers") -> Pkcs11Key:
    return Pkcs11Key(module=library, token=token, label=label, pin=bytearray(pin.encode()))


@pytest.fixture(params=["raw", "passphrase", "hardware"])
def make(request: pytest.FixtureRequest) -> Maker:
    """Makes the same key for the same word, as often as asked."""
    if request.param == "raw":
        return lambda word: RawKey(word.encode().ljust(32, b"."))
    if request.param == "passphrase":
        return lambda word: PassphraseKey(
            bytearray(word.encode()), memory_kib=64 * 1024, iterations=1
        )
    library = request.getfixturevalue("token")
    return lambda word: hardware(library, word)


def test_a_register_opens_with_its_key_and_with_no_other(make: Maker) -> None:
    made: list[MemoryStore] = []

    def store(*, header: bytes, head: bytes, records: list[tuple[bytes, bytes]]) -> MemoryStore:
        made.append(MemoryStore(header=header, head=head, records=records))
        return made[0]

    with Register.found(store, make("one"), single_user=True, today=DAY) as register:
        register.put_case("C-1", b"case")
    with Register.over(made[0], make("one")) as register:
        assert register.case("C-1") == b"case"
    Register.found(MemoryStore, make("two"), single_user=True, today=DAY).close()
    with pytest.raises(WrongKey):
        Register.over(made[0], make("two"))


def test_a_key_depends_on_the_salt_alone(make: Maker) -> None:
    parameters = make("one").propose(os.urandom)
    again = make("one").propose(os.urandom)
    assert parameters.salt != again.salt
    first = make("one")
    first.propose(os.urandom)  # a hardware module makes the secret of a new register
    key = first.key(parameters)
    assert len(key) == 32
    assert key == make("one").key(parameters) != make("one").key(again)


def test_a_key_of_another_kind_is_refused(make: Maker) -> None:
    kind = make("one").propose(os.urandom).derivation
    others: list[KeyProvider] = [
        RawKey(bytes(range(32))),
        PassphraseKey(bytearray(b"x"), memory_kib=64 * 1024, iterations=1),
    ]
    for other in others:
        parameters = other.propose(os.urandom)
        if parameters.derivation is not kind:
            with pytest.raises(WrongKey, match="not opened by"):
                make("one").key(parameters)


def test_keys_are_neither_shown_nor_pickled(make: Maker) -> None:
    import pickle

    key = make("one")
    assert repr(key).endswith("Key(...)")
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(key)


# The hardware module alone. ----------------------------------------------------------


def test_the_secret_does_not_leave_the_module(token: Path) -> None:
    import pkcs11
    from pkcs11 import Attribute

    key = hardware(token, "kept")
    assert key.propose(os.urandom).derivation is Derivation.PKCS11
    key.key(key.propose(os.urandom))
    with pkcs11.lib(str(token)).get_token(token_label="keepers").open(user_pin=PIN) as session:
        secret = session.get_key(label="kept")
        assert secret[Attribute.SENSITIVE]
        assert not secret[Attribute.EXTRACTABLE]
        assert secret[Attribute.NEVER_EXTRACTABLE]
        with pytest.raises(pkcs11.exceptions.AttributeSensitive):
            secret[Attribute.VALUE]


def test_the_derivation_is_that_of_sp_800_108(token: Path) -> None:
    """Recomputed with a known secret that is put into the token for this."""
    import hashlib
    import hmac

    import pkcs11
    from pkcs11 import Attribute, KeyType, ObjectClass

    secret = bytes(range(32))
    with (
        pkcs11.lib(str(token))
        .get_token(token_label="keepers")
        .open(user_pin=PIN, rw=True) as session
    ):
        session.create_object(
            {
                Attribute.CLASS: ObjectClass.SECRET_KEY,
                Attribute.KEY_TYPE: KeyType.GENERIC_SECRET,
                Attribute.VALUE: secret,
                Attribute.LABEL: "known",
                Attribute.TOKEN: True,
                Attribute.SIGN: True,
            }
        )
    parameters = hardware(token, "known").propose(bytes)
    block = b"\0\0\0\1placement_engine/register\0" + bytes(16) + (256).to_bytes(4, "big")
    expected = hmac.digest(secret, block, hashlib.sha256)
    assert hardware(token, "known").key(parameters) == expected


@pytest.mark.parametrize(
    ("pin", "name", "label", "told"),
    [
        ("wrong-pin", "keepers", "kept", "PIN is not"),
        (PIN, "keepers", "no such key", "no secret key of that label"),
        (PIN, "no such token", "kept", "cannot be used"),
        ("", "keepers", "kept", "wiped"),
    ],
)
def test_what_does_not_fit_is_told_without_the_pin(
    token: Path, pin: str, name: str, label: str, told: str
) -> None:
    parameters = hardware(token, "kept").propose(os.urandom)
    with pytest.raises(WrongKey, match=told) as wrong:
        hardware(token, label, pin=pin, token=name).key(parameters)
    assert wrong.value.exit_code == 13
    assert PIN not in str(wrong.value)
    assert "wrong-pin" not in str(wrong.value)


def test_a_missing_module_is_told() -> None:
    pytest.importorskip("pkcs11", reason="the extra hsm is not installed")
    parameters = hardware(Path("no-such-library.so"), "kept").propose(os.urandom)
    with pytest.raises(WrongKey, match="cannot be used"):
        hardware(Path("no-such-library.so"), "kept").key(parameters)


def test_the_pin_is_wiped_after_its_only_use(token: Path) -> None:
    pin = bytearray(PIN.encode())
    key = Pkcs11Key(module=token, token="keepers", label="kept", pin=pin)
    key.key(key.propose(os.urandom))
    assert not any(pin)
    with pytest.raises(WrongKey, match="wiped"):
        key.key(key.propose(os.urandom))


def test_an_anchor_in_the_module_notices_an_older_copy(token: Path, tmp_path: Path) -> None:
    anchor = Pkcs11Anchor(module=token, token="keepers")
    path = tmp_path / "a.register"
    noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
    session = Session(actor=Actor(who="Ann"), clock=lambda: noon, anchor=anchor)
    key = RawKey(b"k" * 32)
    with Register.create(path, key, single_user=True, today=DAY, session=session) as register:
        register.put_case("C-1", b"case")
    older = path.read_bytes()
    with Register.open(path, RawKey(b"k" * 32), session=session) as register:
        register.put_case("C-2", b"case")
        kept = anchor.read(register.desk.vault.register_id)
        assert kept == register.desk.vault.sealed_head
    path.write_bytes(older)
    with pytest.raises(IntegrityBroken, match="older copy"):
        Register.open(path, RawKey(b"k" * 32), session=session)
    assert anchor.read(b"another register") is None


def test_a_module_that_cannot_be_reached_is_said_without_its_words(tmp_path: Path) -> None:
    pytest.importorskip("pkcs11", reason="the extra hsm is not installed")
    anchor = Pkcs11Anchor(module=tmp_path / "canary.so", token="canary")
    with pytest.raises(RegisterUnavailable) as refused:
        anchor.read(b"r")
    assert "canary" not in str(refused.value)
    with pytest.raises(RegisterUnavailable) as refused:
        anchor.write(b"r", b"head")
    assert "canary" not in str(refused.value)


def test_the_anchor_of_a_command_is_a_path_or_a_token(token: Path, tmp_path: Path) -> None:
    def named(anchor: str, module: str | None) -> dict[str, Setting]:
        given = {"anchor": anchor, "pkcs11_module": module}
        return {
            name: Setting(name=name, value=value, origin="test") for name, value in given.items()
        }

    assert anchor_of(named("pkcs11:keepers", str(token))) == Pkcs11Anchor(
        module=token, token="keepers"
    )
    assert anchor_of(named(str(tmp_path), None)) == FileAnchor(path=tmp_path)
    assert anchor_of(named("", None)) is None
    with pytest.raises(InvalidConfiguration, match="module"):
        anchor_of(named("pkcs11:keepers", None))
