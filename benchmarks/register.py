"""Opening a register of 10,000 and 100,000 rows beside a plain SQLite file of the same rows."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks.measure import Row
from benchmarks.networks import NetworkSize, drawn
from placement_engine.intelligence import Network, Placement
from placement_engine.register import RawKey, Register, keeping
from placement_engine.register.contents import read_placement, write_placement
from placement_engine.register.location import open_store, store_maker
from placement_engine.testing.postgresql_server import postgresql_binaries, postgresql_server
from placement_engine.vocabulary import MunicipalityCode, SubjectRef

KEY = RawKey(bytes(range(32)))
DAY = date(2026, 11, 23)
TIES = NetworkSize(persons=78_000, protected=0, ties=700_000)
SIZES = ((10_000, 0.5), (100_000, 5.0))


def run(folder: Path, runs: int) -> list[Row]:
    """Each size in turn; ours and plain SQLite interleaved; then new keys, and a server."""
    rows = []
    for size, target in SIZES:
        placements = made(size)
        path, plain = folder / f"{size}.register", folder / f"{size}.sqlite"
        if not path.exists():
            fill(str(path), placements)
        if not plain.exists():
            fill_plain(plain, placements)
        taken: dict[str, list[float]] = {"ours": [], "plain": [], "verify": []}
        for _ in range(runs):
            taken["ours"].append(timed(partial(read, str(path), placements)))
            taken["plain"].append(timed(partial(read_plain, plain, placements)))
        with Register.open(path, KEY) as register:
            taken["verify"] = [timed(register.verify) for _ in range(runs)]
        ours, bare, verify = (median(taken[name]) for name in ("ours", "plain", "verify"))
        start = time.process_time()
        read(str(path), placements)
        busy = time.process_time() - start
        name = f"{size:,} rows"
        rows += [
            Row(
                what=f"{name}: open, verify, decrypt",
                value=ours,
                unit="s",
                target=target,
                note=f"after unlock, to objects, as the engine opens it; {busy:.2g} s of processor",
            ),
            Row(
                what=f"{name}: plain SQLite, read",
                value=bare,
                unit="s",
                note="same rows as JSON, to Placement objects",
            ),
            Row(what=f"{name}: ratio to plain SQLite", value=ours / bare, unit="×"),
            Row(
                what=f"{name}: verify once more", value=verify, unit="s", note="every record opened"
            ),
        ]
    rows += a_network(folder / "network.register", runs)
    rows.append(new_keys(folder / f"{SIZES[-1][0]}.register"))
    rows += on_server(made(SIZES[0][0]), runs)
    return rows


def made(size: int) -> list[Placement]:
    """So many placements, each of another subject."""
    return [
        Placement(
            subject=SubjectRef(f"P-{number:06d}"),
            municipality=MunicipalityCode(f"{number % 290:04d}"),
            start=DAY - timedelta(days=number % 3000),
        )
        for number in range(size)
    ]


def fill(location: str, placements: Sequence[Placement]) -> None:
    """A new register with these placements."""
    make = store_maker(location, os.urandom)
    with Register.found(make, KEY, single_user=True, today=DAY) as register:
        register.import_placements(placements)


def fill_plain(path: Path, placements: Sequence[Placement]) -> None:
    """A plain SQLite file of the same rows."""
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE row (id BLOB PRIMARY KEY, content BLOB) WITHOUT ROWID")
    rows = [(os.urandom(16), write_placement(placement)) for placement in placements]
    connection.executemany("INSERT INTO row VALUES (?, ?)", rows)
    connection.commit()
    connection.close()


def read(location: str, placements: Sequence[Placement]) -> None:
    """Open, account for every record and decrypt it; the answer is compared."""
    with Register.over(open_store(location), KEY, ahead=True) as register:
        found = register.placements()
    if [stored.placement for stored in found] != placements:
        raise RuntimeError("the register holds something else")


def read_plain(path: Path, placements: Sequence[Placement]) -> None:
    """Read all rows of the plain file; the answer is compared."""
    connection = sqlite3.connect(path)
    found = [read_placement(raw) for (raw,) in connection.execute("SELECT content FROM row")]
    connection.close()
    found.sort(key=lambda placement: placement.subject)
    if found != placements:
        raise RuntimeError("the plain file holds something else")


def a_network(path: Path, runs: int) -> list[Row]:
    """A network of many ties out of an encrypted register, beside the same bytes in a file."""
    plain = path.with_suffix(".bytes")
    if not path.exists():
        network = drawn(TIES)
        fill(str(path), [])
        with Register.open(path, KEY) as register:
            register.import_network("main", network, DAY)
        plain.write_bytes(network.to_bytes())
    taken: dict[str, list[float]] = {"ours": [], "plain": []}
    with Register.open(path, KEY) as register:
        told = register.network()  # the same answer, and the file in the system's cache
        if told.content_hash != Network.from_bytes(plain.read_bytes()).content_hash:
            raise RuntimeError("the register holds another network")
        busy = time.process_time()
        register.network()
        busy = time.process_time() - busy
        for _ in range(runs):
            taken["ours"].append(timed(register.network))
            taken["plain"].append(timed(lambda: Network.from_bytes(plain.read_bytes())))
    name = f"network of {len(told.ties.a):,} ties"
    return [
        Row(
            what=f"{name}: decrypt and load",
            value=median(taken["ours"]),
            unit="s",
            target=1.0,
            note=f"{plain.stat().st_size / 1e6:.3g} MB; {busy:.2g} s of processor",
        ),
        Row(what=f"{name}: from a plain file", value=median(taken["plain"]), unit="s"),
    ]


def new_keys(path: Path) -> Row:
    """New keys for the largest register, once."""
    with Register.open(path, KEY) as register:
        taken = timed(lambda: keeping.renew(register.desk, KEY))
    return Row(
        what=f"{SIZES[-1][0]:,} rows: new keys",
        value=taken,
        unit="s",
        note="all sealed anew in one change, once",
    )


def on_server(placements: Sequence[Placement], runs: int) -> list[Row]:
    """The smaller size in PostgreSQL, where it is installed."""
    binaries = postgresql_binaries()
    if binaries is None:
        return []
    with postgresql_server(binaries) as server:
        address = server.new_database("benchmark")
        fill(address, placements)
        taken = [timed(lambda: read(address, placements)) for _ in range(runs)]
    return [
        Row(
            what=f"{len(placements):,} rows in PostgreSQL: open, verify, decrypt",
            value=median(taken),
            unit="s",
            note="same machine, over a socket",
        )
    ]


def timed(work: Callable[[], object]) -> float:
    """Wall seconds of one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
