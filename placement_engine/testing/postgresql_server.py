"""A PostgreSQL server of one's own for tests: in a temporary folder, on a socket, then gone.

It logs every statement with all that belongs to it, so that a test can look for what must
not stand there.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_BINARIES = Path("/usr/lib/postgresql")
_ROLE = "keeper"
_SETTINGS = """
listen_addresses = ''
fsync = off
max_connections = 40
log_statement = all
log_min_messages = debug1
log_duration = on
log_parameter_max_length = -1
"""
_BY_TLS = """
listen_addresses = '127.0.0.1'
ssl = on
ssl_cert_file = 'server.pem'
ssl_key_file = 'server.pem'
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresqlServer:
    """A running server.

    Parameters
    ----------
    folder
        Holds the socket, the data and the log.
    port
        Part of the socket's name, and what is listened at where an address is.
    """

    folder: Path
    binaries: Path
    port: int = 5432

    @property
    def data(self) -> Path:
        """All that the server keeps."""
        return self.folder / "data"

    @property
    def log(self) -> Path:
        """All that it has logged."""
        return self.folder / "log"

    def new_database(self, name: str) -> str:
        """Make an empty database of a role without any privilege; gives its address."""
        self.run_sql("postgres", f'CREATE DATABASE "{name}" OWNER {_ROLE}')
        return self.address(name)

    def address(self, database: str, role: str = _ROLE) -> str:
        """The address of a database, without a password."""
        return f"postgresql://{role}@/{database}?host={self.folder}&port={self.port}"

    def run_sql(self, database: str, *statements: str) -> str:
        """What the server answers its superuser."""
        words = [str(self.binaries / "psql"), "-X", "-q", "-A", "-t", "-h", str(self.folder)]
        words += ["-p", str(self.port), "-U", "postgres", "-d", database, "-v", "ON_ERROR_STOP=1"]
        for statement in statements:
            words += ["-c", statement]
        return _run(words)

    def stop(self, how: str = "fast") -> None:
        """Stop it; ``immediate`` is like pulling the plug."""
        self._control("stop", "-m", how)

    def start(self) -> None:
        """Start it, again if it was stopped."""
        self._control("start", "-l", str(self.log), "-o", f"-k {self.folder}")

    def _control(self, *words: str) -> None:
        _run(_as_server([str(self.binaries / "pg_ctl"), "-s", "-w", "-D", str(self.data), *words]))


def postgresql_binaries() -> Path | None:
    """The newest PostgreSQL that is installed, or None."""
    found = [path.parent for path in _BINARIES.glob("*/bin/initdb") if _runnable()]
    return max(found, key=lambda path: float(path.parent.name), default=None)


@contextmanager
def postgresql_server(
    binaries: Path, *, port: int = 5432, pem: bytes = b""
) -> Iterator[PostgresqlServer]:
    """A new server; it and all that it kept are gone at the end.

    Parameters
    ----------
    port, pem
        With a certificate and its key it listens at this port of 127.0.0.1, by TLS alone.
    """
    folder = Path(tempfile.mkdtemp(prefix="pg"))  # short: a socket's path has 107 characters
    server = PostgresqlServer(folder=folder, binaries=binaries, port=port)
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        words = ["-D", str(server.data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"]
        _run(_as_server([str(binaries / "initdb"), "--no-instructions", *words]))
        with (server.data / "postgresql.conf").open("a") as file:
            file.write(_SETTINGS)
            file.write(f"port = {port}\n")
            if pem:
                _keep_certificate(server.data, pem)
                file.write(_BY_TLS)
        server.start()
        try:
            server.run_sql("postgres", f"CREATE ROLE {_ROLE} LOGIN")
            yield server
        finally:
            server.stop("immediate")
    finally:
        shutil.rmtree(folder)


def _keep_certificate(data: Path, pem: bytes) -> None:
    path = data / "server.pem"
    path.write_bytes(pem)
    path.chmod(0o600)
    if os.geteuid() == 0:
        shutil.chown(path, "postgres")
    (data / "pg_hba.conf").write_text("local all all trust\nhostssl all all 127.0.0.1/32 trust\n")


def _runnable() -> bool:
    """Whether we are somebody whom PostgreSQL runs for, or can become one."""
    return os.name == "posix" and (os.geteuid() != 0 or shutil.which("runuser") is not None)


def _as_server(words: Sequence[str]) -> list[str]:
    return ["runuser", "-u", "postgres", "--", *words] if os.geteuid() == 0 else list(words)


def _run(words: Sequence[str]) -> str:
    # To a file and not a pipe: the server, started by pg_ctl, would keep the pipe open.
    with tempfile.TemporaryFile() as told:
        done = subprocess.run(  # noqa: S603 - a fixed program, without a shell
            list(words), stdin=subprocess.DEVNULL, stdout=told, stderr=told, check=False, cwd="/"
        )
        told.seek(0)
        text = told.read().decode(errors="replace")
    if done.returncode:
        raise RuntimeError(f"{Path(words[0]).name} failed: {text}")
    return text
