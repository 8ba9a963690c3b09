"""The server of the contract tests, for the tests of what may never leave."""

from __future__ import annotations

from tests.contract.conftest import server

__all__ = ["server"]
