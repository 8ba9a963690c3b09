"""What is compiled is kept, and what an earlier release kept does not stand in the way."""

from __future__ import annotations

import importlib.util
import pickle
from pathlib import Path
from types import ModuleType

import pytest

from placement_engine.compiled import COMPILED, ready

pytestmark = pytest.mark.skipif(not COMPILED, reason="numba is not installed")
KERNEL = '''
"""A kernel."""
from placement_engine.compiled import compiled


@compiled
def doubled(number: int) -> int:
    """Twice the number."""
    return 2 * number
'''


def loaded(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("kernel_of_a_test", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_what_was_kept_under_a_class_that_has_moved_is_compiled_anew(tmp_path: Path) -> None:
    (tmp_path / "kernel.py").write_text(KERNEL)
    first = loaded(tmp_path / "kernel.py")
    assert first.doubled(2) == 4
    [index] = (tmp_path / "__pycache__").glob("*.nbi")
    assert ready(loaded(tmp_path / "kernel.py").doubled)
    with index.open("rb") as stream:
        version = pickle.load(stream)
    index.write_bytes(pickle.dumps(version) + b"cplacement_engine.compiled\nMoved\n.")
    again = loaded(tmp_path / "kernel.py")
    assert not index.exists()
    assert not ready(again.doubled)
    assert again.doubled(3) == 6
    assert ready(loaded(tmp_path / "kernel.py").doubled)
