"""A PostgreSQL server for all tests of one process, if there is one to be had."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from placement_engine.testing.postgresql_server import (
    PostgresqlServer,
    postgresql_binaries,
    postgresql_server,
)


@pytest.fixture(scope="session")
def server() -> Iterator[PostgresqlServer]:
    pytest.importorskip("psycopg", reason="the extra postgresql is not installed")
    binaries = postgresql_binaries()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed")
    with postgresql_server(binaries) as running:
        yield running
