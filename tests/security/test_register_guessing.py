"""Nobody guesses a municipality from raw bytes: classifiers do no better than chance.

The same classifiers, on the same content before it is sealed, are nearly always right.
"""

from __future__ import annotations

import os
import random
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from placement_engine.intelligence import Placement
from placement_engine.register import RawKey, Register
from placement_engine.register.contents import write_placement
from placement_engine.register.documents import split
from placement_engine.register.header import Header
from placement_engine.register.records import BODY_SIZE, Sealer
from placement_engine.vocabulary import MunicipalityCode, SubjectRef

pytest.importorskip("sklearn", reason="scikit-learn is not installed")

KEY = RawKey(bytes(range(32)))
DAY = date(2026, 11, 23)


def placed(site: int) -> Placement:
    return Placement(
        subject=SubjectRef(f"P-{os.urandom(4).hex()}"),
        municipality=MunicipalityCode(f"{site + 114:04d}"),
        start=DAY,
    )


def bodies(sites: list[int]) -> list[bytes]:
    """The content of one record for each, as it is before it is sealed."""
    return [split(write_placement(placed(site)))[0].ljust(BODY_SIZE, b"\0") for site in sites]


def sealed(sites: list[int]) -> list[bytes]:
    """One record for each, with its id, all of one register."""
    keys = Header.found(KEY, os.urandom)[1]
    sealer = Sealer(keys, b"record", os.urandom)
    rows = []
    for body in bodies(sites):
        row_id = os.urandom(16)
        rows.append(row_id + sealer.seal(row_id, kind=10, version=1, body=body))
    return rows


def files(sites: list[int], folder: Path) -> list[bytes]:
    """One register file for each, with nothing in it but one placement."""
    raw = []
    for number, site in enumerate(sites):
        path = folder / str(number)
        with Register.create(path, KEY, single_user=True, today=DAY) as register:
            register.import_placements([replace(placed(site), subject=SubjectRef("P-1"))])
        raw.append(path.read_bytes())
        path.unlink()
    assert len(set(map(len, raw))) == 1
    return raw


def accuracies(rows: list[bytes], sites: list[int]) -> list[float]:
    """How often classifiers are right on the half that they have not seen."""
    from sklearn.naive_bayes import MultinomialNB
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.tree import DecisionTreeClassifier

    points = np.frombuffer(b"".join(rows), dtype=np.uint8).reshape(len(rows), -1)
    labels = np.array(sites)
    half = len(rows) // 2
    models: list[Any] = [
        MultinomialNB(),
        KNeighborsClassifier(5),
        DecisionTreeClassifier(max_depth=8, random_state=1),
    ]
    return [
        float(
            (model.fit(points[:half], labels[:half]).predict(points[half:]) == labels[half:]).mean()
        )
        for model in models
    ]


def drawn(count: int, among: int) -> list[int]:
    chance = random.Random(count)
    sites = [number % among for number in range(count)]
    chance.shuffle(sites)
    return sites


def test_a_record_tells_no_classifier_which_of_10_municipalities() -> None:
    sites = drawn(600, 10)
    # Six standard deviations of what pure chance gives on 300.
    assert max(accuracies(sealed(sites), sites)) < 0.1 + 6 * (0.09 / 300) ** 0.5


def test_before_they_are_sealed_the_same_classifiers_tell_them_apart() -> None:
    sites = drawn(600, 10)
    assert max(accuracies(bodies(sites), sites)) > 0.9


@pytest.mark.prove
def test_a_record_tells_no_classifier_which_of_290_municipalities() -> None:
    sites = drawn(290 * 40, 290)
    found = accuracies(sealed(sites), sites)
    assert all(abs(accuracy - 1 / 290) < 0.01 for accuracy in found), found


@pytest.mark.prove
def test_a_whole_file_tells_no_classifier_which_of_290_municipalities(tmp_path: Path) -> None:
    sites = drawn(290 * 10, 290)
    found = accuracies(files(sites, tmp_path), sites)
    assert all(abs(accuracy - 1 / 290) < 0.01 for accuracy in found), found
