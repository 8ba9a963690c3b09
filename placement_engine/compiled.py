"""Compiled kernels where numba is installed, the same functions as plain Python where not.

numba takes half a second to import: a module with kernels is imported inside the function
that needs it, never at the top of another. What was compiled is kept beside the module, or
in the user's cache folder where that cannot be written, so that only the first run waits.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar, cast

Kernel = TypeVar("Kernel", bound=Callable[..., Any])

COMPILED = find_spec("numba") is not None
"""Whether kernels run compiled; callers take their numpy form where they do not."""


def compiled(kernel: Kernel) -> Kernel:
    """Compile a function of numbers and arrays at its first call; floats stay IEEE exact.

    Kernels may call kernels. Without numba the function is given back as it is.
    """
    if not COMPILED:
        return kernel
    import numba

    try:
        made = numba.njit(cache=True, nogil=True)(kernel)
    except RuntimeError:  # nowhere to keep it: compiled anew in each process
        return cast("Kernel", numba.njit(nogil=True)(kernel))
    _forget_unreadable(made)
    return cast("Kernel", made)


def ready(*kernels: Callable[..., Any]) -> bool:
    """Whether kernels run at once: compiled in this process, kept on disk, or plain Python.

    What was kept for another version of a kernel does not count.
    """
    return not COMPILED or all(_is_kept(kernel) for kernel in kernels)


def _forget_unreadable(kernel: Any) -> None:
    """Let go of what another release kept and this one cannot read, for a class has moved.

    numba looks at the age of what it kept only after reading it, and would fail.
    """
    kept = getattr(getattr(kernel, "_cache", None), "_cache_file", None)
    if kept is None:
        return
    try:
        kept._load_index()
    except OSError:  # not ours to remove; numba tells of it
        return
    except (AttributeError, ImportError, EOFError, TypeError, ValueError, pickle.PickleError):
        with suppress(AttributeError, OSError):
            Path(kept._index_path).unlink()


def _is_kept(kernel: Any) -> bool:
    if kernel.signatures:
        return True
    try:
        return bool(kernel._cache._cache_file._load_index())
    except (AttributeError, OSError):  # not kept, or another numba: it would be compiled now
        return False
