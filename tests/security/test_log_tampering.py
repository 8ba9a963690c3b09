"""Whatever is done to log, anchor or witness is refused or reported, or changes nothing.

The forgers here have no key; those who have it are in ``test_log_forged.py``.
"""

from __future__ import annotations

import random
import shutil
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from placement_engine.errors import IntegrityBroken, RegisterUnavailable
from placement_engine.register import (
    Actor,
    FileAnchor,
    RawKey,
    Register,
    Session,
    WitnessDirectory,
    audit,
    offices,
)
from placement_engine.register.audit import Entry
from placement_engine.register.documents import DocumentKind
from tests.security.test_register_tampering import HEAD_ID, HEADER_ID, forge, placed, rows_of

KEY = RawKey(bytes(range(32)))
DAY = date(2026, 11, 22)
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Place:
    """A register and what lies outside of it, each in a folder of its own."""

    folder: Path

    @property
    def file(self) -> Path:
        return self.folder / "a.register"

    @property
    def anchor(self) -> Path:
        return self.folder / "anchor"

    @property
    def witness(self) -> Path:
        return self.folder / "witness"

    @property
    def checkpoint(self) -> Path:
        [found] = self.witness.glob("*.checkpoint")
        return found

    def session(self, *, anchored: bool = True, witnessed: bool = True) -> Session:
        return Session(
            actor=Actor(who="A. Analyst", purpose="test"),
            clock=lambda: NOON,
            anchor=FileAnchor(path=self.anchor) if anchored else None,
            witnesses=(WitnessDirectory(path=self.witness),) if witnessed else (),
        )

    def open(self, *, anchored: bool = True, witnessed: bool = True) -> Register:
        session = self.session(anchored=anchored, witnessed=witnessed)
        return Register.open(self.file, KEY, session=session)

    def copy(self, to: Path) -> Place:
        shutil.copytree(self.folder, to)
        return Place(folder=to)

    def answers(self) -> object:
        """All that is told: log, placements and sums."""
        with self.open() as register:
            offices.verify_log(register.desk)
            register.verify()
            told = [entry.encode() for entry in entries(register)]
            with register._vault.read() as state:
                return told, sorted(d.payload for d in state.documents(DocumentKind.PLACEMENT))


def entries(register: Register) -> list[Entry]:
    with register._vault.read() as state:
        return list(audit.entries(audit.leaves(state, register._vault.log)))


def work(place: Place, number: int) -> None:
    with place.open() as register:
        register.import_placements([placed(number)])
        register.put_case(f"C-{number}", b"case")
        register.case(f"C-{number}")
        register.placements()


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> tuple[Place, Place]:
    """The same register at two times, with more than one page of log."""
    place = Place(folder=tmp_path_factory.mktemp("log") / "now")
    place.witness.mkdir(parents=True)
    Register.create(place.file, KEY, single_user=True, today=DAY, session=place.session()).close()
    for number in range(8):
        work(place, number)
    earlier = place.copy(place.folder.with_name("earlier"))
    for number in range(8, 12):
        work(place, number)
    return earlier, place


@pytest.fixture
def place(places: tuple[Place, Place], tmp_path: Path) -> Place:
    return places[1].copy(tmp_path / "copy")


@pytest.fixture
def earlier(places: tuple[Place, Place]) -> Place:
    return places[0]


def refused(place: Place) -> bool:
    """Whether the register or its log is refused; any answer must come with exit code 14."""
    try:
        place.answers()
    except IntegrityBroken as broken:
        return broken.exit_code == 14 and "P-" not in str(broken)
    return False


def test_what_is_whole_is_not_refused(place: Place) -> None:
    assert not refused(place)
    with place.open() as register:
        report = offices.verify_log(register.desk)
        assert (report.entries, report.witnesses) == (48, 1)
        assert len(list(pages(register))) > 1


def pages(register: Register) -> list[bytes]:
    with register._vault.read() as state:
        return [document.payload for document in state.documents(DocumentKind.LOG)]


def flips(place: Place, seed: int, count: int) -> tuple[int, int]:
    """Flip bits in header, head, records, anchor and checkpoint; gives refused and tried."""
    chance = random.Random(seed)
    rows, anchor, note = (
        rows_of(place.file),
        place.anchor.read_bytes(),
        place.checkpoint.read_text(),
    )
    checkpoint, clean = place.checkpoint, place.file.read_bytes()
    caught = 0
    for turn in range(count):
        what = turn % 3
        if what == 0:
            row = chance.choice(sorted(rows))
            forge(place.file, rows | {row: flipped(rows[row], chance)})
        elif what == 1:
            place.anchor.write_bytes(flipped(anchor, chance))
        else:
            checkpoint.write_bytes(flipped(note.encode(), chance))
        caught += refused(place)
        place.file.write_bytes(clean)
        place.anchor.write_bytes(anchor)
        checkpoint.write_text(note)
    assert not refused(place)
    return caught, count


def flipped(content: bytes, chance: random.Random) -> bytes:
    altered = bytearray(content)
    altered[chance.randrange(len(altered))] ^= 1 << chance.randrange(8)
    return bytes(altered)


def test_300_flipped_bits_of_file_anchor_and_witness(place: Place) -> None:
    caught, tried = flips(place, 1, 300)
    assert caught == tried


def mixtures(now: Place, before: Place, seed: int, count: int) -> tuple[int, int]:
    """Put rows of the earlier state back, take rows out, swap them, or move them."""
    chance = random.Random(seed)
    rows, old = rows_of(now.file), rows_of(before.file)
    clean, anchor, note = (
        now.file.read_bytes(),
        now.anchor.read_bytes(),
        now.checkpoint.read_bytes(),
    )
    checkpoint = now.checkpoint
    stale = sorted(row for row in old if rows.get(row) != old[row] and row != HEADER_ID)
    own = sorted(set(rows) - {HEADER_ID, HEAD_ID})
    caught = 0
    for turn in range(count):
        forged = dict(rows)
        kind = turn % 5
        if kind == 0:
            some = chance.sample(stale, chance.randint(1, len(stale)))
            forged |= {row: old[row] for row in some}
        elif kind == 1:
            for row in chance.sample(own, chance.randint(1, 4)):
                del forged[row]
        elif kind == 2:
            a, b = chance.sample(own, 2)
            forged |= {a: rows[b], b: rows[a]}
        elif kind == 3:
            forged[chance.randbytes(16)] = rows[chance.choice(own)]
        else:
            forged[chance.choice(own)] = old[chance.choice(stale)]
        assert forged != rows
        forge(now.file, forged)
        caught += refused(now)
        now.file.write_bytes(clean)
        now.anchor.write_bytes(anchor)
        checkpoint.write_bytes(note)
    return caught, count


def test_200_rows_put_back_taken_out_swapped_and_moved(place: Place, earlier: Place) -> None:
    caught, tried = mixtures(place, earlier, 2, 200)
    assert caught == tried


@pytest.mark.prove
def test_10_000_tamperings_of_header_records_log_anchor_and_witness(
    place: Place, earlier: Place
) -> None:
    caught, tried = flips(place, 3, 6_000)
    assert caught == tried
    caught, tried = mixtures(place, earlier, 4, 4_500)
    assert caught == tried


def test_the_whole_file_put_back_is_noticed_by_anchor_and_by_witness(
    place: Place, earlier: Place
) -> None:
    place.file.write_bytes(earlier.file.read_bytes())
    assert refused(place)
    with pytest.raises(IntegrityBroken, match="older copy was put back"):
        place.open(witnessed=False)
    with pytest.raises(IntegrityBroken, match="does not go on from"):
        place.open(anchored=False)
    with place.open(anchored=False, witnessed=False) as register:  # nothing else could tell
        register.verify()


def test_every_older_copy_is_refused(tmp_path: Path) -> None:
    place = Place(folder=tmp_path / "p")
    place.witness.mkdir(parents=True)
    Register.create(place.file, KEY, single_user=True, today=DAY, session=place.session()).close()
    copies = [place.file.read_bytes()]
    for number in range(30):
        with place.open() as register:
            register.put_case("C-1", b"case %d" % number)
        copies.append(place.file.read_bytes())
    for copy in copies[:-1]:
        place.file.write_bytes(copy)
        assert refused(place)
        with pytest.raises(IntegrityBroken):
            place.open(witnessed=False)
    place.file.write_bytes(copies[-1])
    assert not refused(place)


def test_an_older_anchor_is_followed_by_the_newer_file(place: Place, earlier: Place) -> None:
    """As after a crash between a change and its anchor."""
    place.anchor.write_bytes(earlier.anchor.read_bytes())
    place.checkpoint.write_bytes(earlier.checkpoint.read_bytes())
    assert not refused(place)
    with place.open() as register:
        assert place.anchor.read_bytes() == register._vault.sealed_head


def test_a_missing_or_foreign_anchor_is_refused(place: Place, tmp_path: Path) -> None:
    other = Place(folder=tmp_path / "other")
    other.witness.mkdir(parents=True)
    Register.create(other.file, KEY, single_user=True, today=DAY, session=other.session()).close()
    for content in (b"", b"x", other.anchor.read_bytes(), place.anchor.read_bytes() + b"x"):
        place.anchor.write_bytes(content)
        assert refused(place)
    place.anchor.unlink()
    with pytest.raises(IntegrityBroken, match="anchor is missing"):
        place.open()


def test_a_keeper_sets_the_anchor_anew_and_it_is_noted(place: Place, earlier: Place) -> None:
    place.file.write_bytes(earlier.file.read_bytes())
    with place.open(anchored=False, witnessed=False) as register:
        offices.reset_anchor(register.desk, FileAnchor(path=place.anchor))
        assert entries(register)[-1].call == "reset_anchor"
    with place.open(witnessed=False) as register:
        register.placements()
    with pytest.raises(IntegrityBroken):
        place.open()  # the witness still knows better


def test_an_anchor_in_a_folder_stands_under_the_id_of_the_register(tmp_path: Path) -> None:
    place = Place(folder=tmp_path / "p")
    place.witness.mkdir(parents=True)
    place.anchor.mkdir()
    with Register.create(
        place.file, KEY, single_user=True, today=DAY, session=place.session()
    ) as register:
        name = register._vault.register_id.hex()
    assert [file.name for file in place.anchor.iterdir()] == [f"{name}.anchor"]
    assert (place.anchor / f"{name}.anchor").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("what", ["anchor", "witness"])
def test_what_cannot_be_reached_stops_the_work_before_it_begins(place: Place, what: str) -> None:
    clean = place.file.read_bytes()
    if what == "anchor":
        place.anchor.unlink()
        shutil.copyfile(place.file, place.folder / "file")
        session = replace(place.session(), anchor=FileAnchor(path=place.folder / "file" / "x"))
        with pytest.raises((RegisterUnavailable, IntegrityBroken)):
            Register.open(place.file, KEY, session=session)
    else:
        shutil.rmtree(place.witness)
        with pytest.raises(RegisterUnavailable):
            place.open()
    assert place.file.read_bytes() == clean


@pytest.mark.parametrize("what", ["anchor", "witness"])
def test_a_change_is_kept_and_told_when_nobody_outside_can_be(tmp_path: Path, what: str) -> None:
    """The host that keeps anchor or witness goes away in mid-work, and comes back."""
    place = Place(folder=tmp_path / "p")
    place.witness.mkdir(parents=True)
    (tmp_path / "host").mkdir()
    session = place.session()
    if what == "anchor":
        session = replace(session, anchor=FileAnchor(path=tmp_path / "host" / "anchor"))
    else:
        session = replace(session, witnesses=(WitnessDirectory(path=tmp_path / "host"),))
    Register.create(place.file, KEY, single_user=True, today=DAY, session=session).close()
    with Register.open(place.file, KEY, session=session) as register:
        (tmp_path / "host").rename(tmp_path / "gone")
        with pytest.raises(RegisterUnavailable, match="cannot be reached") as told:
            register.put_case("C-1", b"case")
        assert "What was to be changed is kept" in str(told.value)
    (tmp_path / "gone").rename(tmp_path / "host")
    with Register.open(place.file, KEY, session=session) as register:
        assert register.cases() == [("C-1", "open")]
        assert [entry.call for entry in entries(register)] == ["put_cases", "cases"]
