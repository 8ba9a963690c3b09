"""A register over a network: by TLS, from a server with the right certificate, or not at all."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from placement_engine.errors import InvalidConfiguration, RegisterUnavailable
from placement_engine.register import RawKey, Register
from placement_engine.register.location import open_store, store_maker
from placement_engine.testing.postgresql_server import (
    PostgresqlServer,
    postgresql_binaries,
    postgresql_server,
)

NAME = "register.example"
DAY = date(2026, 11, 23)
KEY = bytes(range(32))


def certificate(name: str) -> tuple[bytes, bytes]:
    """A self-made certificate of a name, and the same with its key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return pem, pem + secret


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[PostgresqlServer, Path]]:
    """A server that listens by TLS alone, and the certificate that it shows."""
    pytest.importorskip("psycopg", reason="the extra postgresql is not installed")
    binaries = postgresql_binaries()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed")
    public, both = certificate(NAME)
    shown = tmp_path_factory.mktemp("tls") / "server.pem"
    shown.write_bytes(public)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with postgresql_server(binaries, port=port, pem=both) as started:
        started.new_database("register")
        yield started, shown


def address(port: int, *, name: str = NAME, **words: str) -> str:
    said = "&".join(f"{word}={value}" for word, value in words.items())
    return f"postgresql://keeper@{name}:{port}/register?hostaddr=127.0.0.1&{said}"


def test_a_register_is_made_and_read_by_tls_alone(server: tuple[PostgresqlServer, Path]) -> None:
    started, shown = server
    trusted = address(started.port, sslmode="verify-full", sslrootcert=str(shown))
    with Register.found(
        store_maker(trusted, bytes), RawKey(KEY), single_user=True, today=DAY
    ) as register:
        register.put_case("C-1", b"case")
    with Register.over(open_store(trusted), RawKey(KEY)) as register:
        assert register.case("C-1") == b"case"
        wire = started.run_sql(
            "register",
            "SELECT ssl FROM pg_stat_ssl WHERE pid IN (SELECT pid"
            " FROM pg_stat_activity WHERE usename = 'keeper')",
        )
    assert wire.split() == ["t"]


@pytest.mark.parametrize("mode", ["disable", "allow", "prefer", "require"])
def test_a_wire_whose_certificate_is_not_asked_for_is_refused(
    server: tuple[PostgresqlServer, Path], mode: str
) -> None:
    with pytest.raises(InvalidConfiguration, match="certificate"):
        open_store(address(server[0].port, sslmode=mode))


def test_another_certificate_and_another_name_are_refused(
    server: tuple[PostgresqlServer, Path], tmp_path: Path
) -> None:
    started, shown = server
    other = tmp_path / "other.pem"
    other.write_bytes(certificate(NAME)[0])
    with pytest.raises(RegisterUnavailable):
        open_store(address(started.port, sslmode="verify-full", sslrootcert=str(other)))
    with pytest.raises(RegisterUnavailable):
        open_store(
            address(
                started.port, name="other.example", sslmode="verify-full", sslrootcert=str(shown)
            )
        )


def test_the_server_itself_lets_nobody_in_without_tls(
    server: tuple[PostgresqlServer, Path],
) -> None:
    """Loopback needs no TLS of ours; this server asks for it all the same."""
    with pytest.raises(RegisterUnavailable):
        open_store(f"postgresql://keeper@127.0.0.1:{server[0].port}/register?sslmode=disable")
