"""The tasks of a night on a Dask cluster, over mutual TLS and nothing else.

A worker gets the snapshot once and then row numbers: no pseudonym, source or municipality
code is sent. A task whose worker dies is done again by another; if the scheduler goes away,
what is not done is sent again when it is back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np

from placement_engine.errors import InvalidConfiguration, RegisterUnavailable
from placement_engine.nightly.check import Rows, check_rows
from placement_engine.nightly.sight import Sight
from placement_engine.nightly.snapshot import Snapshot
from placement_engine.problem import IntArray

ATTEMPTS = 5
"""How often a lost scheduler is looked for again."""
RETRIES = 5
"""How often a task whose worker died is done again."""
FILES = ("ca.pem", "cert.pem", "key.pem")


class Cluster:
    """All tasks on the workers of one scheduler.

    Parameters
    ----------
    address
        ``tls://host:port``.
    security
        A ``distributed.Security`` that demands encryption.
    patience_s
        How long to wait for the scheduler, each time.
    """

    def __init__(self, address: str, security: Any, *, patience_s: float = 30.0) -> None:
        if not address.startswith("tls://"):
            raise InvalidConfiguration(
                "A cluster is reached by tls:// only.",
                unchanged="Nothing was sent.",
                do="Start the scheduler with --protocol tls and certificates.",
            )
        self._address = address
        self._security = security
        self.patience_s = patience_s

    @classmethod
    def connect(cls, address: str, tls: Path | None) -> Self:
        """The cluster at an address, with the certificates of a folder.

        Raises
        ------
        InvalidConfiguration
            Without TLS, without the certificates, or without the extra ``cluster``.
        """
        missing = FILES if tls is None else tuple(f for f in FILES if not (tls / f).is_file())
        if tls is None or missing:
            raise InvalidConfiguration(
                f"The cluster needs mutual TLS; missing: {', '.join(missing)}.",
                unchanged="Nothing was sent.",
                do="Give --cluster-tls DIR with these files.",
            )
        try:
            from distributed.security import Security
        except ImportError:
            raise InvalidConfiguration(
                "The cluster needs the extra `cluster`.",
                do="Install placement-engine[cluster].",
            ) from None
        authority, certificate, key = (str(tls / name) for name in FILES)
        security = Security(  # type: ignore[no-untyped-call]
            require_encryption=True,
            tls_ca_file=authority,
            tls_client_cert=certificate,
            tls_client_key=key,
        )
        return cls(address, security)

    def look(
        self,
        snapshot: Snapshot,
        tasks: Sequence[IntArray],
    ) -> Iterator[Rows]:
        """What was seen of the rows of each task, as they are done."""
        left = dict(enumerate(tasks))
        lost = _lost()
        for _ in range(ATTEMPTS):
            if not left:
                return
            try:
                for number, rows in self._sent(snapshot.arrays(), left):
                    if left.pop(number, None) is not None:
                        yield rows
            except lost:
                continue
        if left:
            raise RegisterUnavailable(
                "The cluster cannot be reached.",
                unchanged="Nothing was written.",
                do="Start the scheduler, or run without --cluster.",
            )

    def _sent(
        self,
        arrays: Mapping[str, Any],
        tasks: Mapping[int, IntArray],
    ) -> Iterator[tuple[int, Rows]]:
        from distributed import Client, as_completed

        with (
            Client(  # type: ignore[no-untyped-call]
                self._address,
                security=self._security,
                timeout=self.patience_s,
                set_as_default=False,
            ) as client,
            client.as_current(),
        ):
            [there] = client.scatter([dict(arrays)], broadcast=True, hash=False)
            rows_of_all = np.concatenate(list(tasks.values()))
            sight = client.submit(cluster_sight, there, rows_of_all, pure=False, retries=RETRIES)
            futures = {
                client.submit(
                    cluster_task,
                    sight,
                    rows,
                    pure=False,
                    retries=RETRIES,
                ): number
                for number, rows in tasks.items()
            }
            for future in as_completed(futures):  # type: ignore[no-untyped-call]
                yield futures[future], future.result()


def cluster_sight(arrays: Mapping[str, Any], rows: IntArray) -> Sight:
    """What all tasks look through, made by one worker for all of them."""
    return Sight.of(Snapshot.of_arrays(arrays), rows)


def cluster_task(sight: Sight, rows: IntArray) -> Rows:
    """One task as a worker does it: numbers in, numbers out."""
    return check_rows(sight, rows)


def _lost() -> tuple[type[BaseException], ...]:
    """What a scheduler that has gone away is told by."""
    from concurrent.futures import CancelledError

    from distributed.comm.core import CommClosedError

    return (OSError, TimeoutError, CancelledError, CommClosedError)
