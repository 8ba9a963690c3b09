"""Keeping the road matrix on disk between runs.

Nothing secret is in it. It is found by the hash of what it was computed from, and it is
believed only if its digest and its shape are right; otherwise it is computed anew. That
finds damage, not an enemy who can write to the folder: keep it as safe as the program.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from contextlib import suppress
from pathlib import Path

import numpy as np

from placement_engine.geo.distance import IntArray

_MAGIC = b"placement-engine road matrix 1\n"
_DIGEST = 32


def read_matrix(folder: Path, key: str, size: int) -> IntArray | None:
    """The matrix kept under `key`, or None if it is absent or damaged in any way.

    Parameters
    ----------
    key
        Hex hash of everything that the matrix depends on.
    size
        M of the expected (M, M).
    """
    try:
        content = _path(folder, key).read_bytes()
    except OSError:
        return None
    head = len(_MAGIC) + _DIGEST
    body = content[head:]
    if content[:head] != _MAGIC + _digest(key, body) or len(body) != 4 * size * size:
        return None
    matrix: IntArray = np.frombuffer(body, dtype="<i4").astype(np.int64).reshape(size, size)
    return matrix


def write_matrix(folder: Path, key: str, matrix: IntArray) -> None:
    """Keep `matrix` under `key`; a folder that cannot be written to is left alone."""
    body = matrix.astype("<i4").tobytes()
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(dir=folder, prefix=".road-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(_MAGIC + _digest(key, body) + body)
            Path(draft).replace(_path(folder, key))
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise


def _path(folder: Path, key: str) -> Path:
    return folder / f"road-{key[:32]}.bin"


def _digest(key: str, body: bytes) -> bytes:
    return hashlib.sha256(key.encode() + b"\n" + body).digest()
