"""The kept road matrix: used when it is right, computed anew when it is not."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from placement_engine.geo import distance, geography, load_geography
from placement_engine.geo.cache import read_matrix, write_matrix
from placement_engine.policy import Policy

POLICY = Policy.default()
RIGHT = load_geography(POLICY).road_m


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The road factor of each time that the matrix is really computed."""
    calls: list[float] = []
    real = distance.road_metres

    def counted(*args: object) -> object:
        calls.append(args[-1])  # type: ignore[arg-type]
        return real(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(geography, "road_metres", counted)
    return calls


def the_file(folder: Path) -> Path:
    (path,) = folder.iterdir()
    return path


def test_it_is_computed_once(tmp_path: Path, computed: list[float]) -> None:
    folder = tmp_path / "made" / "on demand"
    for _ in range(3):
        loaded = load_geography(POLICY, cache_dir=folder)
        assert (loaded.road_m == RIGHT).all()
        assert not loaded.road_m.flags.writeable
    assert computed == [POLICY.road.factor]


def test_another_factor_has_another_file(tmp_path: Path, computed: list[float]) -> None:
    other = replace(POLICY, road=replace(POLICY.road, factor=1.3))
    load_geography(POLICY, cache_dir=tmp_path)
    assert (load_geography(other, cache_dir=tmp_path).road_m >= RIGHT).all()
    assert computed == [POLICY.road.factor, 1.3]
    assert len(list(tmp_path.iterdir())) == 2


def flip(content: bytes) -> bytes:
    return content[:5_000] + bytes([content[5_000] ^ 1]) + content[5_001:]


@pytest.mark.parametrize(
    "damage",
    [
        flip,
        lambda content: content[:-1],
        lambda content: content + b"\0",
        lambda _: b"",
        lambda content: b"x" + content[1:],
    ],
)
def test_a_damaged_file_is_computed_anew_and_replaced(
    tmp_path: Path, computed: list[float], damage: Callable[[bytes], bytes]
) -> None:
    load_geography(POLICY, cache_dir=tmp_path)
    path = the_file(tmp_path)
    good = path.read_bytes()
    path.write_bytes(damage(good))
    assert (load_geography(POLICY, cache_dir=tmp_path).road_m == RIGHT).all()
    assert len(computed) == 2
    assert the_file(tmp_path).read_bytes() == good


def asymmetric(road: np.ndarray) -> None:
    road[0, 1] += 1


def too_near(road: np.ndarray) -> None:
    road[0, 1] = road[1, 0] = 1


def away_from_itself(road: np.ndarray) -> None:
    road[5, 5] = 7


@pytest.mark.parametrize("change", [asymmetric, too_near, away_from_itself])
def test_a_matrix_that_cannot_be_right_is_computed_anew(
    tmp_path: Path, computed: list[float], change: Callable[[np.ndarray], None]
) -> None:
    key = load_geography(POLICY, cache_dir=tmp_path).content_hash
    wrong = RIGHT.copy()
    change(wrong)
    write_matrix(tmp_path, key, wrong)
    assert (load_geography(POLICY, cache_dir=tmp_path).road_m == RIGHT).all()
    assert len(computed) == 2


def test_a_file_of_other_data_is_not_believed(tmp_path: Path) -> None:
    write_matrix(tmp_path, "a" * 64, np.zeros((2, 2), dtype=np.int64))
    the_file(tmp_path).rename(tmp_path / f"road-{'b' * 32}.bin")
    assert read_matrix(tmp_path, "b" * 64, 2) is None
    assert read_matrix(tmp_path, "c" * 64, 2) is None


def test_a_folder_that_cannot_be_made_is_left_alone(tmp_path: Path, computed: list[float]) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    assert (load_geography(POLICY, cache_dir=blocked).road_m == RIGHT).all()
    assert blocked.read_text() == "in the way"
    assert len(computed) == 1


def test_a_write_that_fails_leaves_no_draft(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError

    monkeypatch.setattr(Path, "replace", full)
    write_matrix(tmp_path, "a" * 64, np.zeros((2, 2), dtype=np.int64))
    assert list(tmp_path.iterdir()) == []


def test_loading_imports_nothing_heavy() -> None:
    code = (
        "import sys; from placement_engine.geo import load_geography; "
        "from placement_engine.policy import Policy; load_geography(Policy.default()); "
        "print(sorted({'geopandas', 'shapely', 'pandas', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(geography.__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"
